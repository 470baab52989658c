//! What becomes of a request, and what it is answered.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::{FenceLayer, Fenced};
use crate::{
    Epoch, Grant, Role, Slot,
    route::{
        X_MUSTER_EPOCH, X_MUSTER_FENCED, X_MUSTER_PRIMARY, X_MUSTER_ROLE, X_MUSTER_SLOT, number,
    },
};

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Checked {
    /// It is about no slot.
    Passed,
    LetIn(Fenced),
    Refused(Refusal),
}

/// Why it is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A header cannot be read.
    Malformed,
    /// It names no slot, and has to.
    NoSlot,
    /// This site is not the one, under that epoch.
    NotTheOne(Slot),
}

impl FenceLayer {
    pub(super) fn check(&self, headers: &HeaderMap) -> Checked {
        let slot = match number::<u16>(headers, &X_MUSTER_SLOT) {
            Some(Ok(number)) => Slot::new(number),
            Some(Err(())) => return Checked::Refused(Refusal::Malformed),
            None if self.requires_slot => return Checked::Refused(Refusal::NoSlot),
            None => return Checked::Passed,
        };
        let epoch = match number::<u64>(headers, &X_MUSTER_EPOCH).transpose() {
            Ok(epoch) => epoch.map(Epoch::new),
            Err(()) => return Checked::Refused(Refusal::Malformed),
        };
        let Ok(any_role) = allows_any_role(headers) else {
            return Checked::Refused(Refusal::Malformed);
        };
        let grant = self.standing.grant(slot);
        match grant.filter(|grant| Self::admits(grant, epoch, any_role)) {
            Some(grant) => Checked::LetIn(Fenced::new(self.standing.clone(), grant)),
            None => Checked::Refused(Refusal::NotTheOne(slot)),
        }
    }

    /// Whether a site with a grant lets a request in.
    pub(crate) fn admits(grant: &Grant, epoch: Option<Epoch>, any_role: bool) -> bool {
        // A client that knows of no epoch has nothing that could be old; it is the role that counts.
        epoch.is_none_or(|epoch| epoch == grant.epoch) && (any_role || grant.role == Role::Primary)
    }

    /// The answer to a request that is not passed on.
    pub(super) fn answer<B: Default>(&self, refusal: Refusal) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = match refusal {
            Refusal::Malformed => StatusCode::BAD_REQUEST,
            Refusal::NoSlot | Refusal::NotTheOne(_) => StatusCode::MISDIRECTED_REQUEST,
        };
        if let Refusal::NotTheOne(slot) = refusal {
            self.tell(slot, response.headers_mut());
        }
        response
    }

    /// Says what this site knows of a slot.
    fn tell(&self, slot: Slot, headers: &mut HeaderMap) {
        let (_, told) = self.standing.told(slot);
        let entry = self.table.entry(slot);
        let known = entry.as_ref().filter(|entry| entry.epoch >= told);
        let epoch = known.map_or(told, |entry| entry.epoch);
        headers.insert(X_MUSTER_SLOT, slot.number().into());
        headers.insert(X_MUSTER_EPOCH, epoch.number().into());
        let primary = known.and_then(|entry| entry.primary());
        if let Some(id) = primary.and_then(|primary| primary.header()) {
            headers.insert(X_MUSTER_PRIMARY, id.clone());
        }
    }

    /// The epoch of an answer; as the table's entry has it, where that is of the same.
    pub(super) fn epoch_value(&self, fenced: &Fenced) -> HeaderValue {
        let entry = self.table.entry(fenced.slot());
        let same = entry.as_ref().filter(|entry| entry.epoch == fenced.epoch());
        match same.map(Arc::as_ref) {
            Some(entry) => entry.epoch_value.clone(),
            None => fenced.epoch().number().into(),
        }
    }
}

/// The answer in place of one that came after the grant had ended.
pub(super) fn lost<B: Default>(slot: Slot) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(X_MUSTER_SLOT, slot.number().into());
    headers.insert(X_MUSTER_FENCED, HeaderValue::from_static("lost"));
    response
}

fn allows_any_role(headers: &HeaderMap) -> Result<bool, ()> {
    let mut roles = headers.get_all(X_MUSTER_ROLE).iter();
    match (roles.next().map(HeaderValue::as_bytes), roles.next()) {
        (None | Some(b"primary"), None) => Ok(false),
        (Some(b"any"), None) => Ok(true),
        _ => Err(()),
    }
}
