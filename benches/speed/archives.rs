//! Archives, beside what their crates take alone.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;

use crate::run;
use crate::{corpus, everyday, own};

/// A ZIP of three files, and the same as three `.gz`.
pub fn table(folder: &Path, megabytes: u64, runs: usize) {
    println!(
        "\narchives of {megabytes} MB, medians of {runs}; the crate alone reads its members in parallel, too"
    );
    let place = folder.join("plain");
    let files =
        corpus::write(&everyday(megabytes * 1_000_000, 3), &place).expect("it can be written");
    let packed = folder.join("packed");
    fs::create_dir_all(packed.join("gz")).expect("it can be written");
    let zip = packed.join("traces.zip");
    pack(&files, &zip, &packed.join("gz")).expect("it can be packed");
    let gz = packed.join("gz");
    let (zip_path, gz_path) = (zip.display().to_string(), gz.display().to_string());
    let mut rows = [
        own("analyze, zip", "analyze", &[&zip_path]),
        own("analyze, gz", "analyze", &[&gz_path]),
        own("analyze, plain", "analyze", &[&place.display().to_string()]),
    ];
    let (mut unzip, mut gunzip) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        unzip.push(seconds(|| read_zip(&zip)));
        gunzip.push(seconds(|| read_gz(&gz)));
    }
    run::in_turns(&mut rows, runs);
    let middle = |times: Vec<f64>| Some(run::middle(times.into_iter()));
    let alone = [middle(unzip), middle(gunzip), None];
    for (row, alone) in rows.iter().zip(alone) {
        let Some(timed) = row.median() else { continue };
        let ratio = alone.map_or(String::new(), |alone| {
            format!(
                "{alone:8.3} s alone: {:.0} % of its speed",
                alone / timed.wall * 100.0
            )
        });
        println!(
            "  {:<22} {:8.3} s {:6} MB {ratio}",
            row.name, timed.wall, timed.peak
        );
    }
    fs::remove_dir_all(&place).expect("it was just written");
    fs::remove_dir_all(&packed).expect("it was just written");
}

fn pack(files: &[PathBuf], zip: &Path, gz: &Path) -> io::Result<()> {
    let mut archive = zip::ZipWriter::new(File::create(zip)?);
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(&*name, options)?;
        io::copy(&mut File::open(path)?, &mut archive)?;
        let out = File::create(gz.join(format!("{name}.gz")))?;
        let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
        io::copy(&mut File::open(path)?, &mut packed)?;
        packed.finish()?.flush()?;
    }
    archive.finish()?;
    Ok(())
}

fn seconds(run: impl FnOnce() -> io::Result<()>) -> f64 {
    let start = Instant::now();
    run().expect("what was just packed can be read");
    start.elapsed().as_secs_f64()
}

fn read_zip(path: &Path) -> io::Result<()> {
    let count = zip::ZipArchive::new(File::open(path)?)?.len();
    (0..count).into_par_iter().try_for_each(|index| {
        let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?))?;
        io::copy(&mut archive.by_index(index)?, &mut io::sink())?;
        Ok(())
    })
}

fn read_gz(folder: &Path) -> io::Result<()> {
    let paths: io::Result<Vec<PathBuf>> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect();
    paths?.into_par_iter().try_for_each(|path| {
        let file = BufReader::new(File::open(path)?);
        let mut packed = flate2::bufread::MultiGzDecoder::new(file);
        io::copy(&mut packed, &mut io::sink())?;
        Ok(())
    })
}
