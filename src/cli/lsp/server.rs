//! What a client asks, and what it is told by itself: one message after the other, in the order of their coming.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::super::exit::Exit;
use super::answer::Client;
use super::change::{apply, position};
use super::document::{Document, Examine};
use super::wire::{self, Frame, Refusal};
use crate::diagnostic::{Diagnostics, Source};
use crate::manifest::Manifest;

/// How long a text must rest before it is looked at.
const REST: Duration = Duration::from_millis(150);

/// The requests that the client no longer wants, by the text of their ids.
type Cancelled = Arc<Mutex<BTreeSet<String>>>;

/// What the server waits for.
enum Event {
    Frame(Frame),
    Seen(Box<Seen>),
}

/// What was found in a state of a text.
struct Seen {
    address: String,
    serial: u64,
    manifest: Option<Manifest>,
    found: Diagnostics,
}

/// A state of a text that is to be looked at: its address, its number.
type Order = (String, u64, Arc<Source>);

/// Serves one client until it leaves.
pub(in crate::cli) fn serve(examine: Examine<'_>) -> Exit {
    let cancelled = Cancelled::default();
    let (sender, events) = channel();
    let (orders, ordered) = channel();
    let heard = Arc::clone(&cancelled);
    let listener = sender.clone();
    std::thread::spawn(move || listen(&listener, &heard));
    std::thread::scope(|scope| {
        // A look at a large text takes its time, and questions are answered meanwhile.
        scope.spawn(move || look(examine, &ordered, &sender));
        let mut server = Server {
            orders,
            is_looking: false,
            serial: 0,
            client: None,
            is_shut: false,
            documents: BTreeMap::new(),
            due: BTreeMap::new(),
            cancelled,
            out: io::stdout(),
        };
        // A client that no longer reads is gone.
        server.run(&events).unwrap_or(Exit::Failed)
    })
}

/// Hands on what comes in. That a request is cancelled is heard ahead of its turn.
fn listen(sender: &Sender<Event>, cancelled: &Cancelled) {
    let mut from = BufReader::new(io::stdin());
    loop {
        let frame = wire::read(&mut from).unwrap_or(Frame::End);
        if let Frame::Message(message) = &frame
            && message["method"] == "$/cancelRequest"
        {
            let mut cancelled = cancelled.lock().unwrap_or_else(PoisonError::into_inner);
            cancelled.insert(message["params"]["id"].to_string());
            continue;
        }
        let is_end = matches!(frame, Frame::End);
        if sender.send(Event::Frame(frame)).is_err() || is_end {
            return;
        }
    }
}

fn look(examine: Examine<'_>, ordered: &Receiver<Order>, sender: &Sender<Event>) {
    while let Ok((address, serial, source)) = ordered.recv() {
        let (manifest, found) = examine(&source);
        let seen = Seen {
            address,
            serial,
            manifest,
            found,
        };
        if sender.send(Event::Seen(Box::new(seen))).is_err() {
            return;
        }
    }
}

struct Server {
    orders: Sender<Order>,
    /// Whether an order is being carried out; there is one at a time.
    is_looking: bool,
    /// The number of the last state of a text.
    serial: u64,
    /// Who is served, once it has introduced itself.
    client: Option<Client>,
    is_shut: bool,
    documents: BTreeMap<String, Document>,
    /// The documents that are to be looked at, and when.
    due: BTreeMap<String, Instant>,
    cancelled: Cancelled,
    out: io::Stdout,
}

impl Server {
    fn run(&mut self, events: &Receiver<Event>) -> io::Result<Exit> {
        loop {
            let next = self.due.values().min().filter(|_| !self.is_looking);
            let event = match next {
                Some(next) => events.recv_timeout(next.saturating_duration_since(Instant::now())),
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(Event::Frame(Frame::Message(message))) => {
                    if let Some(exit) = self.message(&message)? {
                        return Ok(exit);
                    }
                }
                Ok(Event::Frame(Frame::Garbage(why))) => {
                    let refusal = Refusal(wire::PARSE_ERROR, why);
                    self.send(&wire::reply(&Json::Null, Err(refusal)))?;
                }
                Ok(Event::Seen(seen)) => self.tell(seen)?,
                Err(RecvTimeoutError::Timeout) => self.look_at_due()?,
                Ok(Event::Frame(Frame::End)) | Err(RecvTimeoutError::Disconnected) => {
                    return Ok(self.end());
                }
            }
        }
    }

    /// The protocol's exit code: 0 only after a shutdown.
    fn end(&self) -> Exit {
        if self.is_shut {
            Exit::Done
        } else {
            Exit::Failed
        }
    }

    fn send(&mut self, message: &Json) -> io::Result<()> {
        wire::write(&mut self.out.lock(), message)
    }

    fn message(&mut self, message: &Json) -> io::Result<Option<Exit>> {
        let (id, params) = (&message["id"], &message["params"]);
        match (message["method"].as_str(), id.is_null()) {
            (Some("exit"), true) => return Ok(Some(self.end())),
            (Some(method), true) => self.notice(method, params)?,
            (Some(method), false) => {
                let result = self.request(method, id, params);
                self.send(&wire::reply(id, result))?;
            }
            // A reply: nothing was asked.
            (None, false) if message.get("result").or(message.get("error")).is_some() => {}
            (None, _) => {
                let refusal = Refusal(
                    wire::INVALID_REQUEST,
                    "the message names no method".to_owned(),
                );
                self.send(&wire::reply(id, Err(refusal)))?;
            }
        }
        Ok(None)
    }

    fn request(&mut self, method: &str, id: &Json, params: &Json) -> Result<Json, Refusal> {
        let refuse = |number, words: &str| Err(Refusal(number, words.to_owned()));
        let mut cancelled = self
            .cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if cancelled.remove(&id.to_string()) {
            return refuse(wire::REQUEST_CANCELLED, "the request was cancelled");
        }
        drop(cancelled);
        if self.is_shut {
            return refuse(wire::INVALID_REQUEST, "the server was shut down");
        }
        let client = match (method, self.client) {
            ("initialize", None) => {
                let client = Client::new(params);
                self.client = Some(client);
                return Ok(client.abilities());
            }
            ("initialize", Some(_)) => {
                return refuse(wire::INVALID_REQUEST, "the server is initialized already");
            }
            (_, None) => return refuse(wire::NOT_INITIALIZED, "`initialize` comes first"),
            (_, Some(client)) => client,
        };
        match method {
            "shutdown" => {
                self.is_shut = true;
                Ok(Json::Null)
            }
            "textDocument/completion"
            | "textDocument/hover"
            | "textDocument/definition"
            | "textDocument/documentSymbol" => self.ask(client, method, params),
            _ => refuse(
                wire::METHOD_NOT_FOUND,
                &format!("`{method}` is not supported"),
            ),
        }
    }

    fn ask(&self, client: Client, method: &str, params: &Json) -> Result<Json, Refusal> {
        let invalid = |words: &str| Refusal(wire::INVALID_PARAMS, words.to_owned());
        let address = params["textDocument"]["uri"]
            .as_str()
            .ok_or_else(|| invalid("no document is named"))?;
        let document = self
            .documents
            .get(address)
            .ok_or_else(|| invalid("the document is not open"))?;
        if !document.is_manifest() {
            return Ok(Json::Null);
        }
        if method == "textDocument/documentSymbol" {
            return Ok(client.symbols(document, address));
        }
        let at = position(&params["position"]).ok_or_else(|| invalid("no position is named"))?;
        let text = &document.source.text;
        let byte = document.lines.byte(text, at, client.encoding);
        Ok(match method {
            "textDocument/completion" => client.completion(document, byte),
            "textDocument/definition" => client.definition(document, address, byte),
            _ => client.hover(document, document.resolved.as_ref(), byte),
        })
    }

    fn notice(&mut self, method: &str, params: &Json) -> io::Result<()> {
        let Some(client) = self.client.filter(|_| !self.is_shut) else {
            return Ok(());
        };
        let document = &params["textDocument"];
        let address = document["uri"].as_str().unwrap_or_default().to_owned();
        let version = document["version"].as_i64().unwrap_or_default();
        match method {
            "textDocument/didOpen" => {
                let text = document["text"].as_str().unwrap_or_default().to_owned();
                self.serial += 1;
                let opened = Document::new(&address, (version, self.serial), text);
                self.documents.insert(address.clone(), opened);
                self.due.insert(address, Instant::now());
            }
            "textDocument/didChange" => {
                if let Some(document) = self.documents.get_mut(&address) {
                    let changes = params["contentChanges"].as_array();
                    let mut text = document.source.text.clone();
                    for change in changes.into_iter().flatten() {
                        text = apply(&text, change, client.encoding).unwrap_or(text);
                    }
                    self.serial += 1;
                    document.change((version, self.serial), text);
                    self.due.insert(address, Instant::now() + REST);
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                // Any of them may name the file.
                let now = Instant::now();
                let all = self.documents.keys().map(|address| (address.clone(), now));
                self.due.extend(all);
            }
            "textDocument/didClose" => {
                self.due.remove(&address);
                if self.documents.remove(&address).is_some_and(|d| d.was_told) {
                    let nothing = json!({ "uri": address, "diagnostics": [] });
                    self.publish(&nothing)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Has the document looked at that rested longest.
    fn look_at_due(&mut self) -> io::Result<()> {
        let first = self.due.iter().min_by_key(|(_, at)| **at);
        let Some(address) = first.map(|(address, _)| address.clone()) else {
            return Ok(());
        };
        self.due.remove(&address);
        let Some(document) = self.documents.get(&address) else {
            return Ok(());
        };
        if document.is_manifest() {
            let source = Arc::clone(&document.source);
            let order = (address, document.serial, source);
            self.is_looking = self.orders.send(order).is_ok();
            return Ok(());
        }
        // What was told of it is no longer so if it was a manifest before.
        if !document.was_told {
            return Ok(());
        }
        let nothing = json!({ "uri": address, "diagnostics": [] });
        self.publish(&nothing)
    }

    /// Tells what was found, unless the text has changed meanwhile: then it is due again.
    fn tell(&mut self, seen: Box<Seen>) -> io::Result<()> {
        self.is_looking = false;
        let (Some(client), Some(document)) = (self.client, self.documents.get_mut(&seen.address))
        else {
            return Ok(());
        };
        if let Some(manifest) = seen.manifest {
            document.resolved = Some(manifest.document);
        }
        if document.serial != seen.serial || self.is_shut {
            return Ok(());
        }
        document.was_told = true;
        let told = client.diagnostics(document, &seen.address, &seen.found);
        self.publish(&told)
    }

    fn publish(&mut self, params: &Json) -> io::Result<()> {
        let method = "textDocument/publishDiagnostics";
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }
}
