//! The rules for AWS in one component: an event is read once, whatever they look for.

use aws_admin_port_open::AdminPortOpen;
use aws_ebs_snapshot_shared::SnapshotShared;
use aws_image_or_database_shared::{DatabaseShared, ImageShared};
use aws_snapshot_taken::SnapshotTaken;

trommel_rule::export!(SnapshotShared, SnapshotTaken, ImageShared, DatabaseShared, AdminPortOpen);
