//! Tokio's timer, as the SDK asks for one.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};

#[derive(Debug, Clone, Copy)]
pub(crate) struct TokioSleep;

impl AsyncSleep for TokioSleep {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration))
    }
}
