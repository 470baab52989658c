use std::{collections::VecDeque, convert::Infallible};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use tokio_test::{block_on, stream_mock::StreamMockBuilder};

use super::{Gather, Gathered};

type Item = Result<Frame<Bytes>, &'static str>;

/// A body that has these frames.
#[derive(Debug)]
struct Frames(VecDeque<Item>);

impl Frames {
    fn new(frames: impl IntoIterator<Item = Item>) -> Self {
        Self(frames.into_iter().collect())
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Item>> {
        std::task::Poll::Ready(self.0.pop_front())
    }
}

fn data(text: &'static str) -> Item {
    Ok(Frame::data(Bytes::from(text)))
}

fn gather(frames: impl IntoIterator<Item = Item>, cap: usize) -> Gathered<Frames> {
    block_on(Gather::new(Frames::new(frames), cap))
}

/// The data that a body still has, and how it ends.
fn read(mut body: impl Body<Data = Bytes, Error = &'static str> + Unpin) -> (String, &'static str) {
    let mut text = String::new();
    loop {
        match block_on(body.frame()) {
            None => return (text, "end"),
            Some(Err(error)) => return (text, error),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => text.push_str(std::str::from_utf8(&data).expect("text")),
                Err(_) => text.push_str("+trailers"),
            },
        }
    }
}

#[test]
fn a_body_of_one_frame_is_not_copied() {
    let original = Bytes::from(vec![7; 100]);
    let gathered = block_on(Gather::new(Full::new(original.clone()), 1_000));
    let whole = gathered.data().expect("the whole body");
    assert_eq!(whole.as_ptr(), original.as_ptr());
}

#[test]
fn a_body_of_several_frames_is_read_whole() {
    let gathered = gather([data("a"), data(""), data("bc"), data("d")], 4);
    assert_eq!(gathered.data().map(AsRef::as_ref), Some(&b"abcd"[..]));
    assert_eq!(gathered.size_hint().exact(), Some(4));
    assert_eq!(read(gathered), ("abcd".into(), "end"));
    let empty = gather([], 4);
    assert_eq!(empty.data(), Some(&Bytes::new()));
    assert!(empty.is_end_stream());
}

#[test]
fn what_cannot_be_read_whole_is_passed_on_as_it_came() {
    let trailers = || Ok(Frame::trailers(HeaderMap::new()));
    let cases = [
        (vec![data("abc"), data("def")], "abcdef", "end"),
        (vec![data("a"), Err("broken")], "a", "broken"),
        (vec![Err("broken")], "", "broken"),
        (vec![data("a"), trailers()], "a+trailers", "end"),
    ];
    for (frames, text, end) in cases {
        let gathered = gather(frames, 2);
        assert_eq!(gathered.data(), None, "{text}");
        assert!(!gathered.is_end_stream(), "{text}");
        assert_eq!(read(gathered), (text.into(), end));
    }
}

#[test]
fn a_body_that_announces_too_much_is_not_touched() {
    let body = Full::new(Bytes::from_static(b"abc"));
    let gathered = block_on(Gather::new(body, 2));
    assert_eq!(gathered.data(), None);
    assert_eq!(gathered.size_hint().exact(), Some(3));
}

#[test]
fn a_body_may_be_gathered_twice() {
    let first = gather([data("a"), data("b")], 10);
    let second = block_on(Gather::new(first, 10));
    assert_eq!(second.data().map(AsRef::as_ref), Some(&b"ab"[..]));
    let over = gather([data("a"), data("b"), data("c")], 1);
    let again = block_on(Gather::new(over, 1));
    assert_eq!(read(again), ("abc".into(), "end"));
}

#[test]
fn a_body_nobody_looks_into_is_left_as_it_is() {
    let unread = Gathered::unread(Frames::new([data("a"), Err("broken")]));
    assert_eq!(unread.data(), None);
    assert_eq!(read(unread), ("a".into(), "broken"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_waited_for() {
    let wait = std::time::Duration::from_secs(1);
    let frames = StreamMockBuilder::new()
        .next(Ok::<_, Infallible>(Frame::data(Bytes::from("a"))))
        .wait(wait)
        .next(Ok(Frame::data(Bytes::from("b"))))
        .build();
    let gathered = Gather::new(StreamBody::new(frames), 10).await;
    assert_eq!(gathered.data().map(AsRef::as_ref), Some(&b"ab"[..]));
}
