//! Which nodes a source is to find.

use tower_muster::{NameError, Place, Scope};

/// The places of a scope, and what is to be known beside it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    scope: Scope,
    places: Vec<Place>,
}

impl Wanted {
    pub(super) fn new(scope: Scope) -> Result<Self, NameError> {
        scope.check()?;
        let places = scope.places().to_vec();
        Ok(Self { scope, places })
    }

    pub(super) fn cluster() -> Self {
        let places = vec![Place::Cluster];
        let scope = Scope::cluster();
        Self { scope, places }
    }

    /// Adds a place whose nodes are to be known and are no fallback.
    pub(super) fn beside(&mut self, place: Option<Place>) {
        let new = place.filter(|place| !self.places.contains(place));
        self.places.extend(new);
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }
}
