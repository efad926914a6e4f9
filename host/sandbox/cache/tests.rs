//! What is kept is found again whole or not at all, and nothing else in the folder is touched.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn cache() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache(folder.path().join("trommel"));
    (folder, cache)
}

fn path(cache: &Cache, key: &Key) -> PathBuf {
    cache.0.join(key.file_name())
}

fn read(cache: &Cache, key: &Key) -> Option<Vec<u8>> {
    let file = cache.file(key).map(|mut file| {
        let mut bytes = Vec::new();
        std::io::Seek::rewind(&mut file).and_then(|()| file.read_to_end(&mut bytes)).unwrap();
        bytes.truncate(bytes.len() - SEAL_BYTES);
        bytes
    });
    let read = cache.read(key);
    assert_eq!(read, file, "either way");
    read
}

#[test]
fn keeps_apart_what_differs() {
    let (_folder, cache) = cache();
    let keys = [Key::new(Kind::Code, 1), Key::new(Kind::Described, 1), Key::new(Kind::Code, 2)];
    for (key, contents) in keys.iter().zip(["a", "b", ""]) {
        assert_eq!(read(&cache, key), None);
        cache.write(key, contents.as_bytes());
    }
    for (key, contents) in keys.iter().zip(["a", "b", ""]) {
        assert_eq!(read(&cache, key).as_deref(), Some(contents.as_bytes()));
        assert!(is_own_name(&key.file_name()));
    }
    // Under the name of another, it is not believed.
    fs::rename(path(&cache, &keys[0]), path(&cache, &keys[2])).unwrap();
    assert_eq!(read(&cache, &keys[2]), None);
    let names: Vec<_> = fs::read_dir(&cache.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn believes_nothing_that_changed() {
    let (_folder, cache) = cache();
    let key = Key::new(Kind::Code, "x");
    cache.write(&key, b"contents");
    let whole = fs::read(path(&cache, &key)).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(path(&cache, &key), flipped).unwrap();
        assert_eq!(read(&cache, &key), None, "byte {at}");
        fs::write(path(&cache, &key), &whole[..at]).unwrap();
        assert_eq!(read(&cache, &key), None, "cut at {at}");
    }
    cache.write(&key, b"contents");
    assert_eq!(read(&cache, &key).as_deref(), Some(&b"contents"[..]));
    fs::set_permissions(path(&cache, &key), fs::Permissions::from_mode(0o662)).unwrap();
    assert_eq!(read(&cache, &key), None, "others may write it");
}

#[test]
fn follows_no_link_and_waits_for_no_pipe() {
    let (folder, cache) = cache();
    let key = Key::new(Kind::Described, "x");
    cache.write(&key, b"contents");
    let place = path(&cache, &key);
    let target = folder.path().join("target");
    fs::rename(&place, &target).unwrap();
    let before = fs::read(&target).unwrap();
    symlink(&target, &place).unwrap();
    assert_eq!(read(&cache, &key), None);
    cache.write(&key, b"others");
    assert_eq!(fs::read(&target).unwrap(), before, "the link's target is another's");
    assert_eq!(read(&cache, &key).as_deref(), Some(&b"others"[..]));
    fs::remove_file(&place).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&place).status().unwrap().success());
    assert_eq!(read(&cache, &key), None);
    cache.write(&key, b"others");
    assert_eq!(read(&cache, &key).as_deref(), Some(&b"others"[..]));
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    assert_eq!(read(&cache, &key), None);
    cache.write(&key, b"others");
    assert_eq!(fs::read_dir(&cache.0).unwrap().count(), 1, "nothing is left beside");
}

#[test]
fn forgets_what_is_old_and_its_own() {
    let (_folder, cache) = cache();
    let (old, used) = (Key::new(Kind::Code, 1), Key::new(Kind::Code, 2));
    let foreign = ["notes.txt", "trommel.code", &"a".repeat(64)];
    cache.write(&old, b"");
    cache.write(&used, b"");
    foreign.iter().for_each(|name| fs::write(cache.0.join(name), "").unwrap());
    let begun = format!("{}.1-1{BEGUN}", old.file_name());
    fs::write(cache.0.join(&begun), "").unwrap();
    for entry in fs::read_dir(&cache.0).unwrap() {
        let file = File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(SystemTime::now() - KEPT - DAY).unwrap();
    }
    assert!(cache.read(&used).is_some(), "to use it keeps it");
    cache.write(&Key::new(Kind::Code, 3), b"");
    assert!(cache.read(&old).is_none() && cache.read(&used).is_some());
    assert!(!cache.0.join(begun).exists());
    assert!(foreign.iter().all(|name| cache.0.join(name).exists()));
}

#[test]
fn does_not_grow_without_end() {
    let (_folder, cache) = cache();
    let keys = [0, 1, 2].map(|number| Key::new(Kind::Code, number));
    for (key, days) in keys.iter().zip([3, 2, 1]) {
        cache.write(key, b"");
        // A hole: it takes no space on the disk.
        let file = File::options().write(true).open(path(&cache, key)).unwrap();
        file.set_len(CACHE_BYTES_MAX / 2 - 1000).unwrap();
        file.set_modified(SystemTime::now() - days * DAY).unwrap();
    }
    cache.write(&Key::new(Kind::Described, 0), b"");
    assert_eq!(keys.map(|key| path(&cache, &key).exists()), [false, true, true]);
}
