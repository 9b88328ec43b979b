//! The template `event-media`: what is uploaded is worked on, what fails is told, what is deleted is forgotten.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Fetched, Sandbox, fetch, send};

const HOST: &str = "media.cats.test";

struct Media(Sandbox);

impl Media {
    fn deployed() -> Self {
        let sandbox = Sandbox::new().with_cloud();
        sandbox.run("init event-media cats").code(0);
        let media = Self(sandbox);
        media.run("build");
        media.run("deploy -y");
        media
    }

    fn run(&self, command: &str) -> String {
        let ran = self.0.run(&format!("{command} -t cats/s.yaml"));
        ran.code(0).stdout
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> Fetched {
        send(self.0.port(), (method, HOST, path), &[], body)
    }

    /// Asks for an address and uploads to it; the file's id and that address.
    fn upload(&self, name: &str, content: &[u8]) -> (String, String) {
        let asked = self.ask(
            "POST",
            "/media",
            json!({ "name": name }).to_string().as_bytes(),
        );
        assert_eq!(asked.status, 201, "{}", asked.text());
        let begun = said(&asked);
        let (id, put) = (text(&begun["id"]), path_of(&text(&begun["put"])));
        self.put(&put, content);
        (id, put)
    }

    fn put(&self, address: &str, content: &[u8]) {
        let put = send(self.0.port(), ("PUT", "127.0.0.1", address), &[], content);
        assert_eq!(put.status, 200, "{}", put.text());
    }

    /// What is known of a file once it is no longer waiting.
    fn ended(&self, id: &str) -> Json {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let asked = self.ask("GET", &format!("/media/{id}"), b"");
            let known = said(&asked);
            // A machine with much to do may let an answer time out; whoever asks asks again.
            if asked.status == 200 && known["state"] != "waiting" {
                return known;
            }
            assert!(Instant::now() < end, "{}: {known}", asked.status);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A file that was made.
    fn made(&self, known: &Json, file: &str) -> Fetched {
        let all = known["made"].as_array().unwrap();
        let one = all.iter().find(|one| one["file"] == file);
        let url = text(&one.unwrap_or_else(|| panic!("{known}"))["url"]);
        fetch(self.0.port(), "127.0.0.1", &path_of(&url), &[])
    }

    /// A picture in PNG, by a line of Python that has `Image`.
    fn picture(&self, line: &str) -> Vec<u8> {
        let code = format!(
            "import sys, io\nfrom PIL import Image\nout = io.BytesIO()\n({line}).save(out, 'PNG')\nsys.stdout.buffer.write(out.getvalue())"
        );
        let made = Command::new("python3")
            .args(["-c", &code])
            .env("PYTHONPATH", self.0.work().join("cats/work/python"))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        made.stdout
    }
}

fn said(fetched: &Fetched) -> Json {
    serde_json::from_slice(&fetched.body).unwrap_or_else(|_| panic!("{}", fetched.text()))
}

fn text(value: &Json) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

/// The path and query of an address.
fn path_of(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    rest[rest.find('/').unwrap()..].to_owned()
}

const CAT: &str = "Image.radial_gradient('L').resize((900, 600)).convert('RGB')";

#[test]
fn what_is_uploaded_is_worked_on_once_and_forgotten_when_it_is_deleted() {
    let media = Media::deployed();
    media.run("plan --detailed-exitcode");
    let cat = media.picture(CAT);
    let (id, put) = media.upload("cat.png", &cat);
    let known = media.ended(&id);
    assert_eq!(known["state"], "done", "{known}");
    assert_eq!(known["facts"], json!({"width": 900, "height": 600}));
    let files: Vec<&Json> = known["made"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["file"])
        .collect();
    assert_eq!(files, ["64.jpg", "256.jpg", "marked.jpg"]);
    let small = media.made(&known, "64.jpg");
    assert_eq!(small.header("content-type"), Some("image/jpeg"));
    assert!(
        small.body.starts_with(b"\xff\xd8")
            && small.body.len() < media.made(&known, "256.jpg").body.len()
    );

    let calls = || media.run("logs work").matches("Invoke End").count();
    let before = calls();
    let written = small.header("last-modified").map(str::to_owned);
    media.put(&put, &cat);
    let end = Instant::now() + Duration::from_secs(20);
    while calls() == before {
        assert!(Instant::now() < end, "the second upload calls nothing");
    }
    let again = media.made(&known, "64.jpg");
    assert_eq!(again.header("last-modified").map(str::to_owned), written);

    let many: Vec<_> = (0..20).map(|_| media.upload("many.png", &cat).0).collect();
    for id in &many {
        assert_eq!(media.ended(id)["state"], "done");
    }
    let all = said(&media.ask("GET", "/media", b""));
    assert_eq!(all.as_array().unwrap().len(), 21);
    let lines = media.run("logs work --json -n 1000");
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let instances: BTreeSet<String> = lines.map(|line| text(&line["log"]["instance"])).collect();
    assert!((1..=3).contains(&instances.len()), "{instances:?}");
    for id in many.iter().chain([&id]) {
        assert_eq!(
            media.ask("DELETE", &format!("/media/{id}"), b"").status,
            202
        );
    }
    let end = Instant::now() + Duration::from_secs(20);
    while said(&media.ask("GET", "/media", b"")) != json!([]) {
        assert!(Instant::now() < end, "they are not forgotten");
    }
    assert_eq!(media.made(&known, "64.jpg").status, 404);
    what_is_deleted_while_it_is_worked_on_leaves_nothing(&media, &cat);
    media.run("remove -y");
    assert_eq!(media.ask("GET", "/media", b"").status, 404);
}

fn what_is_deleted_while_it_is_worked_on_leaves_nothing(media: &Media, cat: &[u8]) {
    let path = media.0.work().join("cats/work/index.py");
    let code = std::fs::read_to_string(&path).unwrap();
    let slow = code.replace(
        "    if data is None:",
        "    __import__('time').sleep(2)\n    if data is None:",
    );
    std::fs::write(&path, slow).unwrap();
    media.run("deploy work -y");
    let count = |what: &str| media.run("logs work").matches(what).count();
    let wait_for = |what: &str, before: usize| {
        let end = Instant::now() + Duration::from_secs(20);
        while count(what) == before {
            assert!(Instant::now() < end, "no {what}");
        }
    };
    let (began, ended) = (count("Invoke Start"), count("Invoke End"));
    let (id, _) = media.upload("slow.png", cat);
    wait_for("Invoke Start", began);
    assert_eq!(
        media.ask("DELETE", &format!("/media/{id}"), b"").status,
        202
    );
    wait_for("Invoke End", ended);
    assert_eq!(said(&media.ask("GET", "/media", b"")), json!([]));
}

/// A video becomes a picture and a small video where there is ffmpeg, and a reason where there is none.
fn video(media: &Media) {
    let file = media.0.work().join("film.mkv");
    let words = "-v error -f lavfi -i testsrc=duration=1:size=640x360:rate=5 -pix_fmt yuv420p";
    let mut ffmpeg = Command::new("ffmpeg");
    let made = ffmpeg.args(words.split(' ')).arg(&file).output();
    let content = std::fs::read(&file).unwrap_or_else(|_| b"x".to_vec());
    let (id, _) = media.upload("film.mkv", &content);
    let known = media.ended(&id);
    if made.is_err() {
        assert!(
            text(&known["reason"]).contains("need the program ffmpeg"),
            "{known}"
        );
        return;
    }
    assert_eq!(known["state"], "done", "{known}");
    assert_eq!(
        known["facts"],
        json!({"seconds": 1, "width": 640, "height": 360})
    );
    assert!(
        media
            .made(&known, "poster.jpg")
            .body
            .starts_with(b"\xff\xd8")
    );
    assert_eq!(&media.made(&known, "small.mp4").body[4..8], b"ftyp");
}

#[test]
fn what_is_no_picture_or_nobody_should_see_is_told() {
    let media = Media::deployed();
    let (none, _) = media.upload("no.png", b"these are words");
    let (flat, _) = media.upload(
        "flat.png",
        &media.picture("Image.new('RGB', (300, 300), (9, 9, 9))"),
    );
    let (skin, _) = media.upload(
        "skin.png",
        &media.picture("Image.linear_gradient('L').resize((300, 300)).convert('RGB').point(lambda p: p // 8).point([p + 200 for p in range(256)] + [p + 140 for p in range(256)] + [p + 110 for p in range(256)])"),
    );
    let held = media.ended(&flat);
    assert_eq!(
        (&held["state"], &held["reason"]),
        (&json!("held"), &json!("it is almost one colour"))
    );
    let held = media.ended(&skin);
    assert_eq!(
        (&held["state"], &held["made"]),
        (&json!("held"), &json!([]))
    );
    let failed = media.ended(&none);
    assert_eq!(
        (&failed["state"], &failed["reason"]),
        (&json!("failed"), &json!("it is no picture"))
    );
    // The function may write this after it has kept what is shown.
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let told = media.run("logs lost");
        if told.contains("no.png") && told.contains("failed: it is no picture") {
            break;
        }
        assert!(Instant::now() < end, "{told}");
    }
    let tries = media
        .run("logs work")
        .matches("Unhandled function error")
        .count();
    assert!(tries >= 3, "{tries}");

    video(&media);

    for (body, status) in [("{}", 400), ("no", 400), (r#"{"name": "../x"}"#, 400)] {
        assert_eq!(media.ask("POST", "/media", body.as_bytes()).status, status);
    }
    assert_eq!(media.ask("GET", "/media/none", b"").status, 404);
    assert_eq!(media.ask("PUT", "/media", b"").status, 405);
    assert_eq!(media.ask("GET", "/", b"").status, 404);
}
