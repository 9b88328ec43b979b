//! The root that a caged process sees, built from mounts inside new namespaces.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::pivot_root;

use super::order::{Order, Shown};

/// What every program may need of the system.
const SYSTEM: [&str; 8] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc",
    "/nix/store",
];
/// What is of use to nobody but the machine's own services, where this user may read it.
const HIDDEN: [&str; 7] = [
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/ssh",
    "/etc/ssl/private",
];
/// What may be a link to where nothing is shown, and is needed to find other machines.
const NAMES: &str = "/etc/resolv.conf";
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// Where the process may write.
const WRITABLE: [&str; 3] = ["tmp", "proc", "dev"];

/// Makes the order's root the root of this process.
pub(super) fn build(order: &Order) -> io::Result<()> {
    mount_at(
        None,
        Path::new("/"),
        None,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        None,
    )?;
    let root = order.slot.join("root");
    fs::create_dir_all(&root)?;
    tmpfs(&root, "mode=755,size=1m")?;
    for path in SYSTEM.map(Path::new) {
        show(&root, path)?;
    }
    hide(&root, &order.slot)?;
    let names = Path::new(NAMES).canonicalize().unwrap_or_default();
    if names.is_file() && !is_system(&names) {
        bind(&names, &inside(&root, &names))?;
    }
    let code = order
        .code
        .clone()
        .unwrap_or_else(|| order.slot.join("code"));
    fs::create_dir_all(order.slot.join("code"))?;
    bind(&code, &root.join("code"))?;
    layers(order, &root.join("opt"))?;
    for name in WRITABLE {
        fs::create_dir(root.join(name))?;
    }
    for shown in &order.shown {
        stays_inside(&root, &shown.at)?;
        bind(&shown.what, &inside(&root, &shown.at))?;
    }
    tmpfs(
        &root.join("tmp"),
        &format!("mode=1777,size={}m", order.disk_mb.max(1)),
    )?;
    devices(&root.join("dev"))?;
    mount_at(
        Some("proc"),
        &root.join("proc"),
        Some("proc"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC,
        None,
    )?;
    make_read_only(&root, &order.shown)?;
    std::env::set_current_dir(&root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    std::env::set_current_dir("/")
}

fn layers(order: &Order, target: &Path) -> io::Result<()> {
    match order.layers.as_slice() {
        [] => {
            let empty = order.slot.join("opt");
            fs::create_dir_all(&empty)?;
            bind(&empty, target)
        }
        [one] => bind(one, target),
        several => {
            fs::create_dir_all(target)?;
            let mut names = Vec::new();
            for (index, layer) in several.iter().enumerate() {
                // The kernel splits the list at colons and commas; a place of our own has none.
                let place = order.slot.join(format!("layer-{index}"));
                bind(layer, &place)?;
                names.push(place.to_string_lossy().into_owned());
            }
            let options = format!("lowerdir={}", names.join(":"));
            mount_at(
                Some("overlay"),
                target,
                Some("overlay"),
                MsFlags::MS_RDONLY,
                Some(&options),
            )
        }
    }
}

fn devices(folder: &Path) -> io::Result<()> {
    tmpfs(folder, "mode=755,size=64k")?;
    for name in DEVICES {
        let target = folder.join(name);
        fs::write(&target, "")?;
        bind_onto(&Path::new("/dev").join(name), &target)?;
    }
    fs::create_dir(folder.join("shm"))?;
    tmpfs(&folder.join("shm"), "mode=1777,size=64m")?;
    symlink("/proc/self/fd", folder.join("fd"))?;
    for (number, name) in ["stdin", "stdout", "stderr"].iter().enumerate() {
        symlink(format!("/proc/self/fd/{number}"), folder.join(name))?;
    }
    Ok(())
}

/// Whether every process sees it.
pub(crate) fn is_system(path: &Path) -> bool {
    SYSTEM.iter().any(|folder| path.starts_with(folder))
}

/// Puts something empty in the place of what nobody shall read.
fn hide(root: &Path, slot: &Path) -> io::Result<()> {
    let empty = slot.join("empty");
    fs::create_dir_all(&empty)?;
    for path in HIDDEN.map(Path::new) {
        let target = inside(root, path);
        if target.is_dir() {
            bind_onto(&empty, &target)?;
        } else if target.exists() {
            bind_onto(Path::new("/dev/null"), &target)?;
        }
    }
    Ok(())
}

fn show(root: &Path, path: &Path) -> io::Result<()> {
    let Ok(data) = path.symlink_metadata() else {
        return Ok(());
    };
    let target = inside(root, path);
    if data.is_symlink() {
        symlink(fs::read_link(path)?, target)
    } else {
        bind(path, &target)
    }
}

/// Refuses a place below code or layers that a link of theirs leads away from: until the root is changed, it leads to this machine's
/// folders, in which one would be made.
fn stays_inside(root: &Path, at: &Path) -> io::Result<()> {
    let is_given = |path: &&Path| {
        ["/code", "/opt"]
            .iter()
            .any(|given| path.starts_with(given))
    };
    let on_the_way = at.ancestors().filter(is_given);
    let mut links = on_the_way.filter(|path| inside(root, path).is_symlink());
    match links.next() {
        None => Ok(()),
        Some(link) => Err(io::Error::other(format!(
            "nothing can be shown at {}: {} is a link",
            at.display(),
            link.display()
        ))),
    }
}

fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn bind(source: &Path, target: &Path) -> io::Result<()> {
    if source.is_dir() {
        fs::create_dir_all(target)?;
    } else {
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(target, "")?;
    }
    bind_onto(source, target)
}

fn bind_onto(source: &Path, target: &Path) -> io::Result<()> {
    mount(
        Some(source),
        target,
        None::<&str>,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        None::<&str>,
    )
    .map_err(|error| io::Error::other(format!("{}: {error}", source.display())))
}

fn tmpfs(target: &Path, options: &str) -> io::Result<()> {
    mount_at(
        Some("tmpfs"),
        target,
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some(options),
    )
}

fn mount_at(
    source: Option<&str>,
    target: &Path,
    kind: Option<&str>,
    flags: MsFlags,
    options: Option<&str>,
) -> io::Result<()> {
    mount(source, target, kind, flags, options)
        .map_err(|error| io::Error::other(format!("{}: {error}", target.display())))
}

/// Every mount below the root that may not be written to; the kernel wants flags that are set to stay set.
fn make_read_only(root: &Path, shown: &[Shown]) -> io::Result<()> {
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(4);
        let (Some(place), Some(options)) = (words.next(), words.next()) else {
            continue;
        };
        let place = PathBuf::from(place.replace("\\040", " ").replace("\\134", "\\"));
        let Ok(rest) = place.strip_prefix(root) else {
            continue;
        };
        let place_there = Path::new("/").join(rest);
        let is_writable = shown
            .iter()
            .any(|shown| shown.writable && place_there.starts_with(&shown.at));
        if is_writable || WRITABLE.iter().any(|name| rest.starts_with(name)) {
            continue;
        }
        let mut flags =
            MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID;
        for option in options.split(',') {
            flags |= match option {
                "nodev" => MsFlags::MS_NODEV,
                "noexec" => MsFlags::MS_NOEXEC,
                "noatime" => MsFlags::MS_NOATIME,
                "nodiratime" => MsFlags::MS_NODIRATIME,
                "relatime" => MsFlags::MS_RELATIME,
                _ => MsFlags::empty(),
            };
        }
        mount_at(None, &place, None, flags, None)?;
    }
    Ok(())
}
