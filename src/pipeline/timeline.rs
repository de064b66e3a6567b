//! stub
pub struct TimelineFilter;
pub struct TimelineFormat;
pub fn timeline() {}
