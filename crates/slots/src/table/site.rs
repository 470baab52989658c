//! A site as the table knows it.

use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};

use http::HeaderValue;

use super::{doubt::Doubt, word::Index};
use crate::{Member, SiteId};

/// A site, at one address in one place: with another it is another `Site`.
#[derive(Debug)]
pub(crate) struct Site {
    member: Member,
    index: Index,
    /// Its id as a header's value; `None` is impossible, since ids are of ASCII.
    value: Option<HeaderValue>,
    gone: AtomicBool,
    /// Whether it could not be reached.
    pub(crate) doubt: Doubt,
}

impl Site {
    pub(super) fn new(member: Member, index: Index) -> Self {
        Self {
            value: HeaderValue::from_str(member.id().as_str()).ok(),
            member,
            index,
            gone: AtomicBool::new(false),
            doubt: Doubt::default(),
        }
    }

    #[inline]
    pub(crate) fn member(&self) -> &Member {
        &self.member
    }

    pub(crate) fn id(&self) -> &SiteId {
        self.member.id()
    }

    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.value.as_ref()
    }

    pub(super) fn index(&self) -> Index {
        self.index
    }

    /// Whether it is no member any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Acquire)
    }

    pub(super) fn leaves(&self) {
        self.gone.store(true, Release);
    }

    /// It is back as it was.
    pub(super) fn joins(&self) {
        self.doubt.clear();
        self.gone.store(false, Release);
    }
}
