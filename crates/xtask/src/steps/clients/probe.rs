//! Whether a node answers a request that nobody signed.
//!
//! The scripts adapt to the cluster they meet, so that people can point them at any. Here the cluster is ours to
//! choose, and a node that was told to verify and does not must not pass for one that was not told.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::failure::Failure;

/// How long a node on the same machine may take for one small answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Asks for the list of tables without a signature; returns whether the answer is 200.
pub(crate) fn answers_unsigned(endpoint: &str) -> Result<bool, Failure> {
    let address = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let failed = |error| Failure::new(format!("{endpoint} did not answer: {error}"));
    let status = status_line(address).map_err(failed)?;
    match status.split_whitespace().nth(1) {
        Some("200") => Ok(true),
        Some("400" | "403") => Ok(false),
        _ => Err(Failure::new(format!("{endpoint} answered {status:?}"))),
    }
}

fn status_line(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn answered(reply: &'static str) -> Result<bool, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let node = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(reply.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let answer = answers_unsigned(&endpoint);
        let request = node.join().unwrap();
        assert!(
            !request.to_lowercase().contains("authorization"),
            "{request}"
        );
        answer
    }

    #[test]
    fn a_node_that_does_not_verify_answers() {
        assert!(answered("HTTP/1.1 200 OK\r\n\r\n").unwrap());
    }

    #[test]
    fn a_node_that_verifies_refuses() {
        assert!(!answered("HTTP/1.1 400 Bad Request\r\n\r\n").unwrap());
    }

    #[test]
    fn any_other_answer_is_a_failure_that_shows_it() {
        let failure = answered("HTTP/1.1 500 Oops\r\n\r\n")
            .unwrap_err()
            .to_string();
        assert!(failure.contains("500 Oops"), "{failure}");
        assert!(answered("").is_err());
    }
}
