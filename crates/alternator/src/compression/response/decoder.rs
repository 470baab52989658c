//! Decodes what is there, and says when it wants more.
//!
//! tower-http's decoder of bodies, as of 0.7, takes the first member of a gzip body for all of it.

use std::io::{self, BufRead, ErrorKind, Read};

use bytes::{Buf, Bytes};
use flate2::{Decompress, FlushDecompress, Status, bufread::MultiGzDecoder};

use crate::compression::Encoding;

/// A decoder that is fed.
///
/// It reads as a socket does that does not block: [`ErrorKind::WouldBlock`] asks for more input.
#[derive(Debug)]
pub(super) enum Decoder {
    Gzip(MultiGzDecoder<Input>),
    Deflate(Zlib),
}

/// What was received and not decoded yet.
#[derive(Debug, Default)]
pub(super) struct Input {
    chunk: Bytes,
    is_over: bool,
}

/// A stream in zlib's wrapper; flate2's own reader of it ignores what follows the stream.
#[derive(Debug)]
pub(super) struct Zlib {
    input: Input,
    inflate: Decompress,
    is_complete: bool,
}

impl Decoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        match encoding {
            // A gzip body is one member or several (RFC 1952, section 2.2).
            Encoding::Gzip => Self::Gzip(MultiGzDecoder::new(Input::default())),
            Encoding::Deflate => Self::Deflate(Zlib {
                input: Input::default(),
                inflate: Decompress::new(true),
                is_complete: false,
            }),
        }
    }

    /// Takes more input, once all before it is used up.
    pub(super) fn feed(&mut self, chunk: Bytes) {
        self.input().chunk = chunk;
    }

    /// Says that no more input comes.
    pub(super) fn end(&mut self) {
        self.input().is_over = true;
    }

    fn input(&mut self) -> &mut Input {
        match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Deflate(zlib) => &mut zlib.input,
        }
    }
}

impl Read for Decoder {
    fn read(&mut self, decoded: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(decoded),
            Self::Deflate(zlib) => zlib.read(decoded),
        }
    }
}

impl Zlib {
    fn read(&mut self, decoded: &mut [u8]) -> io::Result<usize> {
        loop {
            let input = self.input.fill_buf()?;
            if self.is_complete {
                return match input {
                    [] => Ok(0),
                    [..] => Err(io::Error::new(
                        ErrorKind::InvalidData,
                        "data follow its end",
                    )),
                };
            }
            let is_over = input.is_empty();
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(input, decoded, FlushDecompress::None)?;
            // Neither is more than the length of a slice.
            let read = (self.inflate.total_in() - read) as usize;
            let written = (self.inflate.total_out() - written) as usize;
            self.input.consume(read);
            self.is_complete = status == Status::StreamEnd;
            if written > 0 {
                return Ok(written);
            }
            if read == 0 && !self.is_complete {
                return Err(match is_over {
                    true => ErrorKind::UnexpectedEof.into(),
                    false => ErrorKind::InvalidData.into(),
                });
            }
        }
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty() && !self.is_over {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, bytes: usize) {
        self.chunk.advance(bytes.min(self.chunk.len()));
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}
