//! A thread that starts processes: the kernel ends them with the thread that started them, so it must be one that lives as long as
//! the launcher, and not one that an executor may give up.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

struct Wish {
    command: Command,
    handle: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// See the module. Dropping it ends what it started.
pub(super) struct Spawner(Sender<Wish>);

impl Spawner {
    pub(super) fn open() -> io::Result<Self> {
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("launcher".to_owned())
            .spawn(move || work(&receiver))?;
        Ok(Self(sender))
    }

    /// Starts a process.
    pub(super) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (reply, replied) = oneshot::channel();
        let wish = Wish {
            command,
            handle: Handle::current(),
            reply,
        };
        let gone = || io::Error::other("the launcher's thread is gone");
        self.0.send(wish).map_err(|_| gone())?;
        replied.await.map_err(|_| gone())?
    }
}

fn work(wishes: &Receiver<Wish>) {
    for mut wish in wishes {
        let _entered = wish.handle.enter();
        // Who does not wait any more gets a child that is dropped, and ends it thereby.
        let _ = wish.reply.send(wish.command.spawn());
    }
}
