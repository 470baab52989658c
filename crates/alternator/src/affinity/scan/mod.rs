//! Reads of a JSON body what the choice of a node takes, and nothing else.
//!
//! No tree is built and nothing recurses: what is of no interest is passed over, strings by `memchr`,
//! and of what is nested in it only the depth is counted. So it is not checked either: of what is no
//! JSON at all a node will say so. `None` is what cannot be walked through to its end.

mod batch;
mod cursor;
mod facts;
mod find;
mod key;
mod text;

pub(super) use self::{
    batch::{Writes, batch},
    facts::Facts,
    key::key,
    text::Text,
};

#[cfg(test)]
mod tests;
