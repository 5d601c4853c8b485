//! A small real file system: ext4 in a file, on a loop device.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

/// A file with an ext4 file system in it.
pub struct Image {
    pub file: PathBuf,
}

impl Image {
    /// Makes a new one of so many MiB, without a reserve for root.
    pub fn make(file: PathBuf, mib: u64) -> Result<Self, String> {
        let whole = fs::File::create(&file).and_then(|it| it.set_len(mib << 20));
        whole.map_err(|error| format!("{}: {error}", file.display()))?;
        run("mkfs.ext4", &["-q", "-F", "-m", "0", "-O", "^resize_inode", text(&file)])?;
        Ok(Self { file })
    }

    /// What a drive would hold that lost its power now.
    pub fn copy(&self, to: PathBuf) -> Self {
        fs::copy(&self.file, &to).unwrap();
        Self { file: to }
    }

    /// Mounts it on a directory that is made for it. Its journal is written when somebody syncs,
    /// and else not for five minutes.
    pub fn mount(&self, at: PathBuf) -> Result<Mounted, String> {
        fs::create_dir_all(&at).map_err(|error| format!("{}: {error}", at.display()))?;
        run("mount", &["-t", "ext4", "-o", "loop,commit=300", text(&self.file), text(&at)])?;
        Ok(Mounted { at })
    }
}

/// A mounted image. It is unmounted, and its loop device given back, when this is dropped.
pub struct Mounted {
    pub at: PathBuf,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Threads of sled may still have its files.
        for _ in 0..200 {
            if run("umount", &[text(&self.at)]).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(25));
        }
        // As soon as nobody uses it any more.
        if let Err(error) = run("umount", &["-l", text(&self.at)]) {
            eprintln!("{} stays mounted: {error}", self.at.display());
        }
    }
}

/// Whether images can be mounted here; says why not.
pub fn can_mount(scratch: &Path) -> bool {
    let image = Image::make(scratch.join("trial"), 4);
    match image.and_then(|it| it.mount(scratch.join("trial-mounted"))) {
        Ok(_) => true,
        Err(error) => {
            println!(
                "skipped: an ext4 image cannot be mounted here (that needs root and a loop device): {error}"
            );
            false
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|it| format!("{program}: {it}"))?;
    let complaint = || format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    if output.status.success() { Ok(()) } else { Err(complaint()) }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
