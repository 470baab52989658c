//! Requests whose body is not signed, so that it can be streamed.

mod future;
mod layer;
mod service;

pub use self::future::UnsignedPayloadFuture;
pub use self::layer::UnsignedPayloadLayer;
pub use self::service::UnsignedPayload;
