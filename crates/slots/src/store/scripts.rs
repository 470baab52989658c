//! The scripts, each with what it shares in front of it.

use crate::redis::Script;

/// Joins what is shared and a script's own text.
macro_rules! script {
    ($name:literal $(, $shared:literal)*) => {
        Script::new(
            $name,
            concat!(
                include_str!("../lua/prelude.lua"),
                $(include_str!(concat!("../lua/", $shared, ".lua")),)*
                include_str!(concat!("../lua/", $name, ".lua")),
            ),
        )
    };
}

pub(super) static JOIN: Script = script!("join", "slot", "scan", "silence");
pub(super) static BEAT: Script = script!("beat", "slot", "scan", "silence");
pub(super) static ADD: Script = script!("add", "slot", "one");
pub(super) static REMOVE: Script = script!("remove", "slot", "one");
pub(super) static FAIL: Script = script!("fail", "slot", "one");
pub(super) static HAND_OVER: Script = script!("hand_over", "slot", "one");
pub(super) static LEAVING: Script = script!("leaving");
pub(super) static LEAVE: Script = script!("leave", "slot", "scan");
