//! Component `oss`: a bucket's life, and what of it cannot be deployed.

use crate::support::Sandbox;

const MANIFEST: &str = "\
edition: 3.0.0
name: media
access: local
resources:
  uploads:
    component: oss
    props:
      region: cn-hangzhou
      bucket: media-uploads
      acl: private
";

#[test]
fn a_bucket_is_made_changed_mended_and_removed() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("s.yaml", MANIFEST);
    sandbox
        .run("deploy -y")
        .code(0)
        .says("uploads.bucket created");
    sandbox.run("plan --detailed-exitcode").code(0);
    let bucket = sandbox.run("output uploads.bucket").code(0).stdout;
    assert_eq!(bucket, "media-uploads\n");
    let open = MANIFEST.replace("acl: private", "acl: public-read\n      website: {}");
    sandbox.file("s.yaml", open);
    let plan = sandbox.run("plan --json").code(0).object("plan");
    assert_eq!(plan["summary"]["update"], 1, "{plan}");
    sandbox
        .run("deploy -y")
        .code(0)
        .says("uploads.bucket changed");
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox
        .run("remove -y")
        .code(0)
        .says("uploads.bucket deleted");
}

#[test]
fn a_bucket_without_a_name_of_its_own_gets_one() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("s.yaml", MANIFEST.replace("media-uploads", "auto"));
    sandbox.run("deploy -y").code(0);
    let bucket = sandbox.run("output uploads.bucket").code(0).stdout;
    assert!(bucket.starts_with("media-uploads-"), "{bucket}");
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn what_cannot_be_deployed_is_planned_and_refused_with_its_place() {
    let sandbox = Sandbox::new().with_cloud();
    let with_rules = MANIFEST.to_owned()
        + "      cors:\n        - allowedOrigin: ['*']\n          allowedMethod: [GET]\n";
    sandbox.file("s.yaml", with_rules);
    sandbox.run("validate").code(0);
    sandbox.run("plan").code(0).says("uploads");
    sandbox
        .run("deploy -y")
        .code(1)
        .says("SD0114")
        .says("s.yaml:12:9");
}
