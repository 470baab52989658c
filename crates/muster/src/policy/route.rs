//! What a policy knows of the request.

use std::{cell::Cell, fmt, sync::Arc};

use http::{Extensions, HeaderMap, Method, Request, Uri};

use crate::{attempt::Attempt, cluster::Moment, hash::mix, node::Node};

/// Is what a policy may look at: the request's head, the attempt, the time, and chance.
pub struct Route<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
    attempt: Option<&'a Attempt>,
    now: Moment,
    chance: Cell<u64>,
}

impl<'a> Route<'a> {
    /// Makes the route of a request; its chance is seeded from the thread's generator.
    #[must_use]
    pub fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
            attempt: request.extensions().get(),
            now: Moment::default(),
            chance: Cell::new(fastrand::u64(..)),
        }
    }

    /// Returns the same route with a chance that repeats itself, for tests and simulations.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        self.chance.set(seed);
        self
    }

    pub(crate) fn at(&self, now: Moment) -> Self {
        Self {
            now,
            chance: self.chance.clone(),
            ..*self
        }
    }

    /// Returns the request's method.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// Returns the request's URI, as it came: not yet aimed at a node.
    #[must_use]
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// Returns the request's headers.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// Returns the request's extensions, the way for the user's own layers to talk to a policy.
    #[must_use]
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// Returns the attempt's number; the first is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt.map_or(1, Attempt::number)
    }

    /// Returns the nodes that this call has tried before.
    #[must_use]
    pub fn tried(&self) -> &'a [Arc<Node>] {
        self.attempt.map_or(&[], Attempt::tried)
    }

    /// Returns the time of the pick.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Draws a number below `bound`, or 0 if `bound` is 0.
    ///
    /// Splitmix64 (Steele, Lea, Flood, OOPSLA 2014) with Lemire's multiplication in place of a
    /// division; the bias is below `bound` in 2^64.
    #[must_use]
    pub fn draw(&self, bound: usize) -> usize {
        // The high half of the product is below `bound`, which is a usize.
        ((u128::from(self.chance()) * bound as u128) >> 64) as usize
    }

    /// Draws a number from 0 to below 1.
    pub(crate) fn part(&self) -> f32 {
        // 24 bits are what fits.
        (self.chance() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Draws 64 bits.
    pub(crate) fn chance(&self) -> u64 {
        let state = self.chance.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.chance.set(state);
        mix(state)
    }
}

impl fmt::Debug for Route<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers hold signatures and tokens.
        f.debug_struct("Route")
            .field("method", self.method)
            .field("uri", self.uri)
            .field("attempt", &self.attempt())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
