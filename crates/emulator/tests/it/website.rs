//! Buckets as websites.

use crate::client::Cloud;

async fn site(index: &str) -> Cloud {
    let cloud = Cloud::with_bucket("public-read").await;
    for (key, body) in [
        ("index.html", "home"),
        ("404.html", "lost"),
        ("docs/index.html", "docs"),
        ("a b.css", "css"),
    ] {
        let target = format!("/bkt/{}", wire::escape::path(key));
        let headers = [("content-type", "text/html"), ("cache-control", "no-cache")];
        assert_eq!(
            cloud
                .call("PUT", &target, &headers, body.as_bytes())
                .await
                .status,
            200
        );
    }
    let document = format!(
        "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix>{index}</IndexDocument>\
         <ErrorDocument><Key>404.html</Key></ErrorDocument></WebsiteConfiguration>"
    );
    assert_eq!(
        cloud
            .call("PUT", "/bkt/?website", &[], document.as_bytes())
            .await
            .status,
        200
    );
    cloud
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_served_by_path_by_name_and_by_the_vendors_hosts() {
    let cloud = site("").await;
    let home = cloud.visit("GET", "/_site/bkt/", &[]).await;
    assert_eq!((home.status, home.text().as_str()), (200, "home"));
    assert_eq!(home.header("content-type"), Some("text/html"));
    assert_eq!(home.header("cache-control"), Some("no-cache"));
    for host in [
        "bkt.localhost:80",
        "BKT.localhost",
        "bkt.oss-cn-hangzhou.aliyuncs.com",
        "bkt.oss-website-cn-hangzhou.aliyuncs.com",
    ] {
        assert_eq!(
            cloud.visit("GET", "/", &[("host", host)]).await.text(),
            "home",
            "{host}"
        );
        assert_eq!(
            cloud
                .visit("GET", "/nothing", &[("host", host)])
                .await
                .text(),
            "lost",
            "{host}"
        );
    }
    let moved = cloud.visit("GET", "/_site/bkt", &[]).await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (302, Some("/_site/bkt/"))
    );
    assert_eq!(cloud.visit("GET", "/_site/nobody/", &[]).await.status, 404);
    assert_eq!(
        cloud.visit("GET", "/_site/bkt/a%20b.css", &[]).await.text(),
        "css"
    );
    assert_eq!(cloud.visit("POST", "/_site/bkt/", &[]).await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_pages_follow_the_configured_type() {
    let ask = async |index: &str, path: &str| {
        let cloud = site(index).await;
        let answer = cloud.visit("GET", path, &[]).await;
        (
            answer.status,
            answer.text(),
            answer.header("location").map(str::to_owned),
        )
    };
    let deep = |kind: u8| format!("<SupportSubDir>true</SupportSubDir><Type>{kind}</Type>");
    let page = |status: u16, text: &str| (status, text.to_owned(), None);
    assert_eq!(ask("", "/_site/bkt/docs/").await, page(200, "home"));
    assert_eq!(ask("", "/_site/bkt/docs").await, page(404, "lost"));
    assert_eq!(ask(&deep(0), "/_site/bkt/docs/").await, page(200, "docs"));
    let moved = (302, String::new(), Some("/_site/bkt/docs/".to_owned()));
    assert_eq!(ask(&deep(0), "/_site/bkt/docs").await, moved);
    assert_eq!(ask(&deep(0), "/_site/bkt/nowhere").await, page(404, "lost"));
    assert_eq!(ask(&deep(1), "/_site/bkt/docs").await, page(404, "lost"));
    assert_eq!(ask(&deep(2), "/_site/bkt/docs").await, page(200, "docs"));
    assert_eq!(
        ask(&deep(2), "/_site/bkt/nowhere/").await,
        page(404, "lost")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_get_ranges_and_conditions_as_browsers_expect_them() {
    let cloud = site("").await;
    let part = cloud
        .visit("GET", "/_site/bkt/index.html", &[("range", "bytes=1-2")])
        .await;
    assert_eq!((part.status, part.text().as_str()), (206, "om"));
    assert_eq!(part.header("content-range"), Some("bytes 1-2/4"));
    let beyond = cloud
        .visit("GET", "/_site/bkt/index.html", &[("range", "bytes=9-")])
        .await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some("bytes */4"))
    );
    let etag = part.header("etag").unwrap().to_owned();
    let same = cloud
        .visit("GET", "/_site/bkt/index.html", &[("if-none-match", &etag)])
        .await;
    assert_eq!(
        (same.status, same.body.len(), same.header("etag")),
        (304, 0, Some(etag.as_str()))
    );
    let head = cloud.visit("HEAD", "/_site/bkt/", &[]).await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, Some("4"), 0)
    );
    let lost = cloud
        .visit("GET", "/_site/bkt/x", &[("range", "bytes=0-0")])
        .await;
    assert_eq!((lost.status, lost.text().as_str()), (404, "lost"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_bucket_is_no_website() {
    let cloud = site("").await;
    cloud
        .call("PUT", "/bkt/?acl", &[("x-oss-acl", "private")], b"")
        .await;
    let closed = cloud.visit("GET", "/_site/bkt/", &[]).await;
    assert_eq!(
        (closed.status, closed.code().as_str()),
        (403, "AccessDenied")
    );
    cloud
        .call(
            "PUT",
            "/bkt/index.html?acl",
            &[("x-oss-object-acl", "public-read")],
            b"",
        )
        .await;
    assert_eq!(cloud.visit("GET", "/_site/bkt/", &[]).await.text(), "home");
}
