//! The progress bar: bytes, on standard error, only on a terminal and only when the work is long.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::pipeline::Progress;

/// Work shorter than this shows no bar.
const LONG: Duration = Duration::from_millis(700);

/// Runs `work` with a bar over `total` bytes.
pub fn with_bar<T>(total: u64, quiet: bool, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if quiet || !std::io::stderr().is_terminal() {
        return work();
    }
    let finished = AtomicBool::new(false);
    thread::scope(|scope| {
        let drawer = scope.spawn(|| draw(total, progress, &finished));
        let result = work();
        finished.store(true, Ordering::Release);
        drawer.thread().unpark();
        result
    })
}

fn draw(total: u64, progress: &Progress, finished: &AtomicBool) {
    thread::park_timeout(LONG);
    if finished.load(Ordering::Acquire) {
        return;
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}  {bytes_per_sec}")
    {
        bar.set_style(style);
    }
    while !finished.load(Ordering::Acquire) {
        bar.set_position(progress.done().min(total));
        thread::park_timeout(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}
