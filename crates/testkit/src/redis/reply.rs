//! Commands to a server, and its replies: RESP, as much of it as is needed here.

use std::{io, pin::Pin, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::RedisError;

/// How long a server has to answer: one that is paused never does.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server says, <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Text(String),
    Number(i64),
    List(Vec<Self>),
    Nothing,
    Error(String),
}

impl Reply {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Error(text) => text,
            _ => "",
        }
    }

    pub(super) fn list(self) -> Vec<Self> {
        match self {
            Self::List(list) => list,
            _ => Vec::new(),
        }
    }

    /// The value of a field, of what is listed as field after value.
    pub(super) fn field(&self, name: &str) -> &str {
        let Self::List(list) = self else { return "" };
        let found = list.chunks_exact(2).find(|pair| pair[0].text() == name);
        found.map_or("", |pair| pair[1].text())
    }
}

/// Tells a server several things, over one connection, and returns its reply to the last.
pub(super) async fn tell(port: u16, commands: &[&[&str]]) -> Result<Reply, RedisError> {
    let mut last = Reply::Nothing;
    let mut stream = None;
    for words in commands {
        // The others may be secrets.
        let command = || words.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        let telling = timeout(PATIENCE, tell_one(port, &mut stream, words));
        let told = telling.await.unwrap_or_else(|late| Err(late.into()));
        last = told.map_err(|source| RedisError::Unreachable {
            command: command(),
            source,
        })?;
        if let Reply::Error(answer) = last {
            let command = command();
            return Err(RedisError::Refused { command, answer });
        }
    }
    Ok(last)
}

async fn tell_one(
    port: u16,
    stream: &mut Option<BufReader<TcpStream>>,
    words: &[&str],
) -> io::Result<Reply> {
    let stream = match stream {
        Some(stream) => stream,
        none => none.insert(BufReader::new(
            TcpStream::connect(("127.0.0.1", port)).await?,
        )),
    };
    let mut line = format!("*{}\r\n", words.len());
    for word in words {
        line.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.write_all(line.as_bytes()).await?;
    read(stream).await
}

type Reading<'a> = Pin<Box<dyn Future<Output = io::Result<Reply>> + Send + 'a>>;

fn read(stream: &mut BufReader<TcpStream>) -> Reading<'_> {
    Box::pin(async move {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).unwrap_or(("", ""));
        let number = || rest.parse::<i64>().map_err(io::Error::other);
        match kind {
            "+" => Ok(Reply::Text(rest.to_owned())),
            "-" => Ok(Reply::Error(rest.to_owned())),
            ":" => Ok(Reply::Number(number()?)),
            "$" | "*" if number()? < 0 => Ok(Reply::Nothing),
            "$" => {
                let mut text = vec![0; usize::try_from(number()?).unwrap_or(0) + 2];
                stream.read_exact(&mut text).await?;
                text.truncate(text.len() - 2);
                let text = String::from_utf8_lossy(&text).into_owned();
                Ok(Reply::Text(text))
            }
            "*" => {
                let mut list = Vec::new();
                for _ in 0..number()? {
                    list.push(read(stream).await?);
                }
                Ok(Reply::List(list))
            }
            _ => Err(io::Error::other(format!("{line:?} is no reply"))),
        }
    })
}
