//! Where servers listen. All instances share the machine's ports, so each is given one; programs in Python and Node that listen
//! on the configured port regardless are led to it, others are found where they listen.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::call::Fault;

/// The port of a custom runtime when the configuration names none. The vendor's default.
pub(super) const USUAL: u16 = 9000;
/// Tells the preloaded modules: configured port, colon, given port.
const LEAD: &str = "SDEV_LISTEN";

/// The ports that instances have.
#[derive(Clone, Default)]
pub(super) struct Ports(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    given: HashSet<u16>,
    /// Those that programs insist on, with the function.
    insisted: HashMap<u16, String>,
}

/// A port of an instance; free again when dropped.
pub(super) struct Port {
    /// The one that it was given.
    pub(super) given: u16,
    insisted: Option<u16>,
    ports: Ports,
}

impl Ports {
    /// A port that nobody listens on. Another program may take it meanwhile; then the instance does not start.
    pub(super) fn free(&self) -> Result<Port, Fault> {
        let none = |error: io::Error| Fault::Start(format!("no port is free: {error}"));
        loop {
            let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(none)?;
            let given = bound.local_addr().map_err(none)?.port();
            if lock(&self.0).given.insert(given) {
                return Ok(Port {
                    given,
                    insisted: None,
                    ports: self.clone(),
                });
            }
        }
    }

    /// Who has a port that a program could not get; nothing when it is free.
    pub(super) fn holder(&self, port: u16) -> Option<String> {
        if let Some(function) = lock(&self.0).insisted.get(&port) {
            return Some(format!("function '{function}'"));
        }
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err();
        taken.then(|| "another program".to_owned())
    }
}

impl Port {
    /// The program of the function listens on this one instead.
    pub(super) fn insist(&mut self, port: u16, function: &str) {
        let mut taken = lock(&self.ports.0);
        taken.insisted.insert(port, function.to_owned());
        self.insisted = Some(port);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let mut taken = lock(&self.ports.0);
        taken.given.remove(&self.given);
        if let Some(port) = self.insisted {
            taken.insisted.remove(&port);
        }
    }
}

/// The modules that lead servers to their ports.
pub(super) struct Leads;

/// Their folder, below that of the bootstraps.
const MODULES: &str = "port";

impl Leads {
    /// Writes them below `folder`.
    pub(super) fn write(folder: &Path) -> io::Result<()> {
        let modules = folder.join(MODULES);
        fs::create_dir_all(&modules)?;
        let python = include_str!("port/sitecustomize.py");
        fs::write(modules.join("sitecustomize.py"), python)?;
        fs::write(modules.join("listen.cjs"), include_str!("port/listen.cjs"))
    }

    /// Adds them to what the user's variables ask for already. `folder` is where the process sees that of the bootstraps.
    pub(super) fn add(
        environment: &mut BTreeMap<String, String>,
        folder: &Path,
        (from, to): (u16, u16),
    ) {
        environment.insert(LEAD.to_owned(), format!("{from}:{to}"));
        let modules = folder.join(MODULES);
        let node = modules.join("listen.cjs").display().to_string();
        let (python, node) = (modules.display().to_string(), format!("--require {node:?}"));
        for (name, first, between) in [("PYTHONPATH", python, ":"), ("NODE_OPTIONS", node, " ")] {
            let value = match environment.get(name).filter(|value| !value.is_empty()) {
                Some(own) => format!("{first}{between}{own}"),
                None => first,
            };
            environment.insert(name.to_owned(), value);
        }
    }
}

/// Ports on which a process or one that it started listens. Empty where the system does not tell.
pub(super) fn listened(pid: u32) -> BTreeSet<u16> {
    let mut sockets = HashMap::new();
    for table in ["tcp", "tcp6"] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        sockets.extend(text.lines().skip(1).filter_map(listener));
    }
    let mut ports = BTreeSet::new();
    for pid in family(pid) {
        let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else {
            continue;
        };
        for file in files.filter_map(Result::ok) {
            let target = fs::read_link(file.path()).unwrap_or_default();
            let target = target.to_string_lossy();
            let inode = target
                .strip_prefix("socket:[")
                .and_then(|rest| rest.strip_suffix(']'));
            ports.extend(inode.and_then(|inode| sockets.get(inode)));
        }
    }
    ports
}

/// The inode and the port of a line of the kernel's table, if it is of a socket that listens.
fn listener(line: &str) -> Option<(String, u16)> {
    const LISTENS: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    let port = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
    (*state == LISTENS).then(|| ((*inode).to_owned(), port))
}

/// A process and all below it.
fn family(pid: u32) -> Vec<u32> {
    let mut below: HashMap<u32, Vec<u32>> = HashMap::new();
    let all = fs::read_dir("/proc").into_iter().flatten();
    for entry in all.filter_map(Result::ok) {
        let Some(one) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let stat = fs::read_to_string(format!("/proc/{one}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| {
            let mut fields = rest.split_whitespace().skip(1);
            fields.next()?.parse::<u32>().ok()
        });
        if let Some(parent) = parent {
            below.entry(parent).or_default().push(one);
        }
    }
    let mut family = vec![pid];
    let mut at = 0;
    while let Some(one) = family.get(at) {
        family.extend(below.remove(one).unwrap_or_default());
        at += 1;
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_understood() {
        let listens = "   0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 8211 1 0";
        assert_eq!(listener(listens), Some(("8211".to_owned(), 9000)));
        assert_eq!(listener(&listens.replace(" 0A ", " 01 ")), None);
        assert_eq!(listener("nonsense"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_a_process_listens_is_found() {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = bound.local_addr().unwrap().port();
        assert!(listened(std::process::id()).contains(&port));
        drop(bound);
        assert!(!listened(std::process::id()).contains(&port));
    }

    #[test]
    fn a_port_is_given_once_and_its_holder_is_named() {
        let ports = Ports::default();
        let mut one = ports.free().unwrap();
        assert_ne!(one.given, ports.free().unwrap().given);
        one.insist(1, "first");
        assert_eq!(ports.holder(1).as_deref(), Some("function 'first'"));
        drop(one);
        assert_ne!(ports.holder(1).as_deref(), Some("function 'first'"));
    }

    #[test]
    fn variables_of_the_user_go_on() {
        let folder = tempfile::tempdir().unwrap();
        Leads::write(folder.path()).unwrap();
        let own = [("PYTHONPATH", "/own"), ("NODE_OPTIONS", "--own")];
        let mut all: BTreeMap<_, _> = own.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        Leads::add(&mut all, folder.path(), (9000, 7));
        assert_eq!(all[LEAD], "9000:7");
        assert!(all["PYTHONPATH"].ends_with("/port:/own"));
        assert!(all["NODE_OPTIONS"].ends_with("/listen.cjs\" --own"));
    }
}
