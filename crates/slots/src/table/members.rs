//! Who is a member.

use std::sync::Arc;

use tower_muster::Origin;

use super::site::Site;

/// The members at one moment.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// Which list it is; 0 before the first.
    pub(crate) number: u64,
    /// In the order of their ids.
    sites: Box<[Listed]>,
    /// In the order of their origins, to be found by them.
    by_origin: Box<[Arc<Site>]>,
}

/// A member, and whether it is giving its slots away.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) site: Arc<Site>,
    pub(crate) leaving: bool,
}

impl Members {
    pub(super) fn new(number: u64, sites: Box<[Listed]>) -> Self {
        let mut by_origin: Box<[_]> = sites
            .iter()
            .map(|listed| Arc::clone(&listed.site))
            .collect();
        by_origin.sort_unstable_by(|one, two| origin(one).cmp(origin(two)));
        Self {
            number,
            sites,
            by_origin,
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Listed> {
        self.sites.iter()
    }

    /// Whether a member is at an origin.
    pub(crate) fn has(&self, at: &Origin) -> bool {
        let found = self.by_origin.binary_search_by(|site| origin(site).cmp(at));
        found.is_ok()
    }
}

fn origin(site: &Site) -> &Origin {
    site.member().node().origin()
}
