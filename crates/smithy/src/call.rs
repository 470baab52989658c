//! One call of a service that may not be ready yet.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;
use tower::util::{Oneshot, ServiceExt};
use tower_service::Service;

pin_project! {
    /// Resolves to the response of a service that is called as soon as it is ready.
    ///
    /// Nearly every service is ready at once, and is called where it stands. One that is not waits in the future.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the service's future, or the service that was waited for with all that it reserved.
    #[must_use = "futures do nothing unless polled"]
    pub struct Call<S, R>
    where
        S: Service<R>,
    {
        #[pin]
        step: Step<S::Future, S::Error, Waiting<S, R>>,
    }
}

// On the heap: every call would have the room for it, too.
type Waiting<S, R> = Pin<Box<Oneshot<S, R>>>;

pin_project! {
    #[project = StepProj]
    enum Step<F, E, W> {
        Called { #[pin] response: F },
        Waiting { #[pin] waiting: W },
        Failed { error: Option<E> },
    }
}

impl<S, R> Call<S, R>
where
    S: Service<R>,
{
    /// Calls `service`, or waits with it and leaves `another` in its place.
    pub(crate) fn new(service: &mut S, request: R, another: impl FnOnce() -> S) -> Self {
        // One that is not ready is asked again with a waker that wakes.
        let step = match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Step::Called {
                response: service.call(request),
            },
            Poll::Ready(Err(error)) => {
                *service = another();
                let error = Some(error);
                Step::Failed { error }
            }
            // It may stand in a queue, and a place there that nobody asks for any more would block the others.
            Poll::Pending => Step::Waiting {
                waiting: Box::pin(mem::replace(service, another()).oneshot(request)),
            },
        };
        Self { step }
    }
}

impl<S, R> Future for Call<S, R>
where
    S: Service<R>,
{
    type Output = Result<S::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().step.project() {
            StepProj::Called { response } => response.poll(cx),
            StepProj::Waiting { waiting } => waiting.poll(cx),
            // Polled again after its end, it has none.
            StepProj::Failed { error } => {
                error.take().map_or(Poll::Pending, |e| Poll::Ready(Err(e)))
            }
        }
    }
}

impl<S, R> fmt::Debug for Call<S, R>
where
    S: Service<R>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Ready, ready},
        task::{Context, Poll},
    };

    use tower_muster::BoxError;
    use tower_service::Service;

    use super::Call;

    /// Answers with its name, after so many polls, or fails.
    struct Slow(&'static str, Result<u32, &'static str>);

    impl Service<()> for Slow {
        type Response = &'static str;
        type Error = BoxError;
        type Future = Ready<Result<&'static str, BoxError>>;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            match &mut self.1 {
                Ok(0) => Poll::Ready(Ok(())),
                Ok(more) => {
                    *more -= 1;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err((*error).into())),
            }
        }

        fn call(&mut self, (): ()) -> Self::Future {
            assert!(matches!(self.1, Ok(0)), "called although it was not ready");
            ready(Ok(self.0))
        }
    }

    #[tokio::test]
    async fn one_that_is_not_ready_goes_into_the_future_and_another_takes_its_place() {
        let mut service = Slow("first", Ok(0));
        let another = || Slow("another", Ok(0));
        let answer = Call::new(&mut service, (), another).await;
        assert_eq!(answer.expect("an answer"), "first");
        assert_eq!(service.0, "first");

        service.1 = Ok(3);
        let call = Call::new(&mut service, (), another);
        assert_eq!(service.0, "another");
        assert_eq!(call.await.expect("an answer"), "first");
    }

    #[tokio::test]
    async fn one_that_fails_to_get_ready_ends_the_call_and_is_not_asked_again() {
        let mut service = Slow("first", Err("broken"));
        let call = Call::new(&mut service, (), || Slow("another", Ok(0)));
        assert_eq!(call.await.expect_err("it fails").to_string(), "broken");
        assert_eq!(service.0, "another");
    }
}
