use crate::redis::Script;

pub(super) static PREPARE: Script = Script::new(include_str!("prepare.lua"));
pub(super) static ACQUIRE: Script = Script::new(concat!(
    include_str!("now.lua"),
    include_str!("heard.lua"),
    include_str!("acquire.lua")
));
pub(super) static BEAT: Script = Script::new(concat!(
    include_str!("fence.lua"),
    include_str!("now.lua"),
    include_str!("heard.lua"),
    include_str!("beat.lua")
));
pub(super) static RELEASE: Script = Script::new(concat!(
    include_str!("fence.lua"),
    include_str!("release.lua")
));
pub(super) static READ: Script =
    Script::new(concat!(include_str!("fence.lua"), include_str!("read.lua")));
pub(super) static ACKNOWLEDGE: Script = Script::new(concat!(
    include_str!("fence.lua"),
    include_str!("identity.lua"),
    include_str!("acknowledge.lua"),
));
pub(super) static ACKNOWLEDGE_READ: Script = Script::new(concat!(
    include_str!("fence.lua"),
    include_str!("acknowledge_read.lua"),
));
pub(super) static SET_ASIDE: Script = Script::new(concat!(
    include_str!("fence.lua"),
    include_str!("identity.lua"),
    include_str!("set_aside.lua")
));
pub(super) static FIGURES: Script = Script::new(concat!(
    include_str!("now.lua"),
    include_str!("figures.lua")
));
