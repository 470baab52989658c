//! One call of a script.

use super::{answer::Answer, bounds::MOST_SEEN, error::StoreError, keys::Keys};
use crate::{
    Epoch, SiteId, Slot,
    redis::{Link, RedisError, Script},
};

/// A script about to be called for a site, with its arguments.
pub(super) struct Call<'a> {
    link: &'a Link,
    keys: &'a Keys,
    script: &'static Script,
    id: &'a SiteId,
    args: Vec<String>,
    /// What can already be said against it.
    refusal: Option<StoreError>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        link: &'a Link,
        keys: &'a Keys,
        script: &'static Script,
        id: &'a SiteId,
    ) -> Self {
        Self {
            link,
            keys,
            script,
            id,
            args: vec![id.to_string()],
            refusal: None,
        }
    }

    pub(super) fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// A number, which scripts hold as a double and add to.
    pub(super) fn number(mut self, what: &str, number: u64) -> Self {
        let text = number.to_string();
        if number > MOST_SEEN {
            self.refusal = Some(StoreError::malformed(what, &text));
        }
        self.arg(text)
    }

    /// The slot that it is about, and the highest epoch of it that the site has seen.
    pub(super) fn of_slot(self, slot: Slot, floor: Epoch) -> Self {
        self.number("slot", slot.number().into())
            .number("epoch", floor.number())
    }

    pub(super) async fn run(self) -> Result<Answer, StoreError> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let args: Vec<&[u8]> = self.args.iter().map(String::as_bytes).collect();
        match self.link.run(self.script, &self.keys.all(), &args).await {
            Ok(value) => Answer::of(value),
            Err(RedisError::Script { code, detail, .. }) if code == "MUSTER" => {
                Err(StoreError::of_refusal(&detail, self.id))
            }
            Err(error) => Err(StoreError::Redis(error)),
        }
    }
}
