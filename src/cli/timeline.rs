//! stub
use super::Stop;
use super::args::Timeline;
pub fn run(_: &Timeline) -> Result<u8, Stop> {
    Ok(0)
}
