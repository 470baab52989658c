//! Says what an error of Alternator shows.

use std::{error::Error, fmt, sync::Arc};

use http::Response;
use tower_muster::{
    Outcome,
    select::{Classify, Transport},
};

use super::{ApiError, table};
use crate::Alternator;

/// Says what an error of Alternator shows.
///
/// [`Alternator`] is the default, whose [table](#impl-ClassifyError-for-Alternator) a rule of one's own may fall
/// back on. Functions of `(&ApiError) -> Outcome` implement it.
///
/// ```
/// use tower_muster::Outcome;
/// use tower_muster_alternator::{Alternator, errors::{ApiError, ClassifyError}};
///
/// // In this cluster tables are dropped and made anew all the time, and nodes learn of it one after another.
/// let config = Alternator::at("http://10.0.0.1:8000").classify(|error: &ApiError| {
///     match error.code() {
///         "ResourceNotFoundException" if !error.was_complained_of() => Outcome::REFUSED,
///         _ => Alternator.classify_error(error),
///     }
/// });
/// # let _ = config;
/// ```
pub trait ClassifyError: Send + Sync + 'static {
    /// Classifies an error by what it says.
    fn classify_error(&self, error: &ApiError) -> Outcome;
}

impl<F> ClassifyError for F
where
    F: Fn(&ApiError) -> Outcome + Send + Sync + 'static,
{
    fn classify_error(&self, error: &ApiError) -> Outcome {
        self(error)
    }
}

/// The rules for Alternator's own errors.
///
/// | error | outcome |
/// |---|---|
/// | `RequestLimitExceeded`, too many requests in flight | overloaded: turned away before any work |
/// | `RequestLimitExceeded`, a partition's rate limit | failed: no node will let it through |
/// | `UnrecognizedClientException`, once a call | refused, nobody's fault: a node may know an older password for a minute |
/// | `InvalidSignatureException` for its date, once a call | refused: the node's clock may be wrong |
/// | 500, a consistency level that cannot be achieved | refused: nothing was written |
/// | 500, a timeout or failure of replicas, or a ballot in doubt | ambiguous, nobody's fault |
/// | 500, a partition's rate limit, as writes tell of it | failed: no node will let it through |
/// | 500, too many hints | ambiguous, nobody's fault |
/// | 500, a body that cannot be decompressed | failed: every node would say so |
/// | any other 500 | ambiguous |
/// | any other 400, 404, 413 | served: the caller has to hear it |
///
/// From scylladb's `alternator/executor.cc`, `alternator/server.cc` and `service/storage_proxy.cc`. Texts are looked
/// for in parts, since their wording differs by path and version; what is not known is ambiguous. A node that cannot
/// achieve a consistency level is to blame, unlike one whose replicas are slow: it may be the one that is cut
/// off from all others, and answers faster than any.
impl ClassifyError for Alternator {
    fn classify_error(&self, error: &ApiError) -> Outcome {
        table::outcome(error)
    }
}

/// Classifies responses by what a [`ClassifyError`] makes of their errors.
///
/// For [`SelectLayer::classify`](tower_muster::SelectLayer::classify), with a
/// [`ReadErrorsLayer`](super::ReadErrorsLayer) below. Errors whose body is not one of Alternator's, and errors of
/// the client, are classified as [`Alternator`] does.
///
/// # Clone
///
/// Clones share the rules.
#[derive(Clone)]
pub struct Outcomes {
    rules: Arc<dyn ClassifyError>,
}

impl Outcomes {
    /// Classifies by `rules`.
    pub fn by(rules: impl ClassifyError) -> Self {
        Self {
            rules: Arc::new(rules),
        }
    }
}

impl Default for Outcomes {
    /// Classifies by the table of [`Alternator`].
    fn default() -> Self {
        Self::by(Alternator)
    }
}

impl Classify for Outcomes {
    fn response<B>(&self, response: &Response<B>) -> Outcome {
        by(&*self.rules, response)
    }

    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        Alternator.error(error)
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcomes").finish_non_exhaustive()
    }
}

/// By the status alone where the body was not read: Alternator answers 500 for a timeout that may have written,
/// so 500 is ambiguous, and 400 for everything that the caller has to hear.
impl Classify for Alternator {
    fn response<B>(&self, response: &Response<B>) -> Outcome {
        by(self, response)
    }

    fn error(&self, error: &(dyn Error + 'static)) -> Outcome {
        let mut sources = std::iter::successors(Some(error), |&error| error.source());
        if sources.any(|error| error.is::<tower_muster_sigv4::Error>()) {
            // What cannot be signed was not sent, and no other node changes that.
            return Outcome::FAILED;
        }
        Transport::default().error(error)
    }
}

fn by<B>(rules: &dyn ClassifyError, response: &Response<B>) -> Outcome {
    match response.extensions().get::<ApiError>() {
        Some(error) => rules.classify_error(error),
        None => Transport::default().response(response),
    }
}
