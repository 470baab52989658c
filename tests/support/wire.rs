//! What really arrives at a node: a proxy before it that reads along.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    task::AbortHandle,
};
use tower_muster_testkit::TestNode;

/// Is one request as its bytes came over the socket.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The request line.
    pub line: String,
    /// Names as they were written, and values.
    pub headers: Vec<(String, String)>,
    /// What followed.
    pub body: Vec<u8>,
}

impl Arrived {
    /// Returns all values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the one value of a header, if there is one.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() <= 1, "{name} came twice: {self:?}");
        values.first().copied()
    }

    /// Returns the names of the headers, in small letters and in order.
    pub fn names(&self) -> Vec<String> {
        let names = self.headers.iter().map(|(name, _)| name.to_lowercase());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Returns the names that the signature covers.
    pub fn signed(&self) -> Vec<&str> {
        let authorization = self.header("authorization").unwrap_or_default();
        let list = authorization.split("SignedHeaders=").nth(1);
        let list = list.and_then(|rest| rest.split(',').next());
        list.map_or_else(Vec::new, |list| list.split(';').collect())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }
}

/// Stands before one node, writes down the operations that it passes on, and may lose a header of them.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    state: Arc<State>,
    task: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    arrived: Mutex<Vec<Arrived>>,
    lost: Mutex<Option<String>>,
}

impl Wire {
    /// Puts one before `node`.
    pub async fn before(node: &TestNode) -> Self {
        let listener = TcpListener::bind("127.0.0.78:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, node) = (Arc::new(State::default()), node.address());
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let _ = pass_on(client, node, &state).await;
                });
            }
        });
        Self {
            address,
            state,
            task: task.abort_handle(),
        }
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the operations so far, in the order in which they came.
    pub fn arrived(&self) -> Vec<Arrived> {
        lock(&self.state.arrived).clone()
    }

    /// Returns the last operation, and forgets all.
    pub fn last(&self) -> Arrived {
        let all = std::mem::take(&mut *lock(&self.state.arrived));
        all.last().expect("an operation").clone()
    }

    /// Loses a header of each operation from now on; none with an empty name.
    pub fn lose(&self, name: &str) {
        *lock(&self.state.lost) = Some(name.to_owned());
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass_on(client: TcpStream, node: SocketAddr, state: &State) -> std::io::Result<()> {
    let (mut from_node, mut to_node) = TcpStream::connect(node).await?.into_split();
    let (from_client, mut to_client) = client.into_split();
    let answers = tokio::spawn(async move {
        let _ = copy(&mut from_node, &mut to_client).await;
    });
    let _ = requests(&mut BufReader::new(from_client), &mut to_node, state).await;
    drop(to_node);
    let _ = answers.await;
    Ok(())
}

async fn requests<R: AsyncReadExt + AsyncBufReadExt + Unpin>(
    client: &mut R,
    node: &mut OwnedWriteHalf,
    state: &State,
) -> std::io::Result<()> {
    while let Some(mut request) = read(client).await? {
        if request.line.starts_with("POST") {
            lock(&state.arrived).push(request.clone());
            if let Some(lost) = &*lock(&state.lost) {
                let is_kept = |name: &str| !name.eq_ignore_ascii_case(lost);
                request.headers.retain(|(name, _)| is_kept(name));
            }
        }
        node.write_all(&request.bytes()).await?;
    }
    Ok(())
}

/// Reads one request, with a body of the length that is given.
async fn read<R: AsyncReadExt + AsyncBufReadExt + Unpin>(
    client: &mut R,
) -> std::io::Result<Option<Arrived>> {
    let mut line = String::new();
    if client.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut arrived = Arrived {
        line: line.trim_end().to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        line.clear();
        client.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        arrived
            .headers
            .push((name.to_owned(), value.trim().to_owned()));
    }
    let length = arrived.header("content-length").map(str::parse);
    let length: usize = length.transpose().expect("a length").unwrap_or(0);
    arrived.body.resize(length, 0);
    client.read_exact(&mut arrived.body).await?;
    Ok(Some(arrived))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
