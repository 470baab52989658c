//! The slots that cost a site least: what rows are for slots.

use super::{Number, Rows, Sites};

/// For each site that was asked for all slots in whose rows it is, the least cost first.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    columns: Vec<Vec<(u64, u32)>>,
    /// The version of the rows.
    version: u64,
}

impl Columns {
    pub(super) fn new(sites: usize, version: u64) -> Self {
        Self {
            columns: vec![Vec::new(); sites],
            version,
        }
    }

    /// Makes room for so many sites; not if the rows were built anew.
    pub(super) fn fit(&mut self, sites: usize, version: u64) -> bool {
        self.columns.resize_with(sites, Vec::new);
        self.version == version
    }

    pub(super) fn forget(&mut self, site: Number) {
        if let Some(column) = self.columns.get_mut(site as usize) {
            *column = Vec::new();
        }
    }

    /// A site's slots by what they cost it.
    pub(super) fn of(&mut self, site: Number, sites: &Sites, rows: &Rows) -> &[(u64, u32)] {
        let column = &mut self.columns[site as usize];
        if let (true, Some(entry)) = (column.is_empty(), sites.get(site)) {
            rows.of_site(entry, |slot, cost| column.push((cost, slot)));
            column.sort_unstable();
        }
        column
    }
}
