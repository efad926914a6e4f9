//! A folder in which the program runs, with a cache and keys of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{self, Ran, component};

pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Writes a program.
    pub(crate) fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).expect("it may run");
    }

    /// A copy of a rule that finds sign-ins of the root user.
    pub(crate) fn rule(&self, name: &str) {
        fs::copy(component("tests/rules/root-login"), self.path(name)).expect("a copy");
    }

    /// Makes a key, and answers with a line of `allowed_signers` for it.
    pub(crate) fn key(&self, name: &str) -> String {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
            .arg(self.path(name))
            .status()
            .expect("ssh-keygen runs; without it: apt-get install openssh-client");
        assert!(made.success());
        format!("{name}@example.com {}", String::from_utf8_lossy(&self.read(&format!("{name}.pub"))))
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = if program == "trommel" { support::trommel() } else { Command::new(program) };
        let folder = self.0.path();
        command.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache")).env("HOME", folder);
        command.env_remove("DOCKER_CONFIG").env_remove("SOURCE_DATE_EPOCH");
        command
    }

    /// Runs `trommel` with these arguments, apart at spaces.
    pub(crate) fn trommel(&self, arguments: &str) -> Ran {
        support::run(self.command("trommel").args(arguments.split_whitespace()), b"")
    }

    /// Runs `trommel`, which must do well, and answers with what is on stdout.
    pub(crate) fn well(&self, arguments: &str) -> String {
        let ran = self.trommel(arguments);
        assert_eq!(ran.code, 0, "trommel {arguments}: {}", ran.stderr);
        ran.stdout
    }

    /// Runs `trommel`, which must refuse, and checks the words.
    pub(crate) fn refuses(&self, arguments: &str, why: &str) {
        let ran = self.trommel(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "trommel {arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "trommel {arguments}: {}, where it should say: {why}", ran.stderr);
    }
}

/// Runs skopeo, another client of registries, which must do well.
pub(crate) fn skopeo(place: &Place, arguments: &str) {
    let mut command = place.command("skopeo");
    // Debian's has a file that says whose images are taken; this is not about that.
    let ran = command.arg("--insecure-policy").args(arguments.split_whitespace()).output();
    let ran = ran.expect("skopeo runs; without it: apt-get install --no-install-recommends skopeo");
    assert!(ran.status.success(), "skopeo {arguments}: {}", String::from_utf8_lossy(&ran.stderr));
}
