//! Decodes a body within a limit.

use std::io::{ErrorKind, Read};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::Frame;

use super::{DecodeError, decoder::Decoder};
use crate::compression::Encoding;

/// How much is decoded at once: as far back as deflated data refer, so that little is copied twice.
const BUFFER: usize = 32 * 1024;

/// What remains of a buffer below this is given up for a new one.
const LEAST: usize = 4 * 1024;

/// A body half decoded.
#[derive(Debug)]
pub(super) struct Decoding {
    encoding: Encoding,
    decoder: Decoder,
    buffer: BytesMut,
    limit: u64,
    decoded: u64,
    /// Nothing at all is no gzip, and no error either: it is an empty body.
    is_empty: bool,
    is_over: bool,
    trailers: Option<HeaderMap>,
}

/// What comes next.
pub(super) enum Step {
    Data(Bytes),
    Hungry,
    Over(Option<HeaderMap>),
}

impl Decoding {
    pub(super) fn new(encoding: Encoding, limit: u64) -> Self {
        Self {
            encoding,
            decoder: Decoder::new(encoding),
            buffer: BytesMut::new(),
            limit,
            decoded: 0,
            is_empty: true,
            is_over: false,
            trailers: None,
        }
    }

    /// Takes the next frame of the body, when it is hungry; trailers are the last.
    pub(super) fn feed(&mut self, frame: Frame<Bytes>) {
        match frame.into_data() {
            Ok(chunk) => {
                self.is_empty &= chunk.is_empty();
                self.decoder.feed(chunk);
            }
            Err(frame) => self.end(frame.into_trailers().ok()),
        }
    }

    /// Says that no more input comes.
    pub(super) fn end(&mut self, trailers: Option<HeaderMap>) {
        self.is_over = true;
        self.trailers = trailers;
        self.decoder.end();
    }

    pub(super) fn step(&mut self) -> Result<Step, DecodeError> {
        if self.is_empty {
            return Ok(match self.is_over {
                true => Step::Over(self.trailers.take()),
                false => Step::Hungry,
            });
        }
        if self.buffer.len() < LEAST {
            self.buffer = BytesMut::zeroed(BUFFER);
        }
        let length = match self.decoder.read(&mut self.buffer) {
            Ok(0) => return Ok(Step::Over(self.trailers.take())),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Step::Hungry),
            Err(error) => return Err(DecodeError::new(self.encoding, error)),
        };
        self.decoded += length as u64;
        if self.decoded > self.limit {
            return Err(DecodeError::TooLarge {
                encoding: self.encoding,
                limit: self.limit,
            });
        }
        Ok(Step::Data(self.buffer.split_to(length).freeze()))
    }
}
