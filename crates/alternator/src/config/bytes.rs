//! What a node is sent of a request, and sends back.

use super::Config;
use crate::{
    compression::{RequestCompression, ResponseCompression},
    headers::{Trim, UserAgent},
};

impl Config {
    /// Sets which headers a node is sent; by default all.
    ///
    /// An AWS SDK sends 823 bytes for a small signed `GetItem`. Where the stack signs, [`Trim::needed`] leaves 442 of
    /// them, and [`Trim::spec`] 497; where the SDK signs, what its signature covers has to stay, and these are some 600
    /// (`bench bytes` shows it).
    pub fn trim(mut self, trim: Trim) -> Self {
        self.trim = trim;
        self
    }

    /// Sets which `User-Agent` a node is sent; by default [ours](UserAgent::default).
    ///
    /// Operators see it in the system table of clients.
    pub fn user_agent(mut self, user_agent: UserAgent) -> Self {
        self.user_agent = user_agent;
        self
    }

    /// Compresses the bodies of requests, for nodes of 2026.1 and later; by default they are sent as they are.
    ///
    /// The signature covers the compressed body, so the stack has to make it: this and
    /// [`signed_above`](Self::signed_above) are an error together. A request's extensions may say otherwise for it.
    pub fn compress_requests(mut self, compression: RequestCompression) -> Self {
        self.requests = compression;
        self
    }

    /// Asks for compressed responses, and decodes them; by default nothing is asked for.
    ///
    /// Nodes of 2026.1 and later compress what is larger than 4 KiB. A request's extensions may say otherwise for it.
    pub fn compress_responses(mut self, compression: ResponseCompression) -> Self {
        self.responses = compression;
        self
    }
}
