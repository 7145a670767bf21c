//! What the derive prints, and how long a crate of a hundred entities takes to be built again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{
    Bench, Fallible,
    measure::{OURS, Rounds},
    report::{Line, Verdict},
};

const ENTITIES: usize = 100;

/// An ORM, as a crate that uses it says it.
struct Orm {
    name: &'static str,
    dependencies: fn(&Path) -> String,
    /// A module with one entity of five columns in the table of this name.
    entity: fn(&str) -> String,
}

const ORMS: [Orm; 3] = [
    Orm {
        name: "beeorm",
        dependencies: |root| {
            format!(
                "beeorm = {{ path = \"{}\", default-features = false, features = [\"mysql\", \"redis\"] }}",
                root.join("../beeorm").display()
            )
        },
        entity: |table| {
            format!(
                "use beeorm::prelude::*;\n\n#[derive(Entity, Clone, Debug)]\n#[entity(table = \"{table}\")]\n\
                 pub struct Page {{\n    #[entity(uuid)]\n    pub id: Uuid,\n    pub path: String,\n    \
                 pub referrer: String,\n    pub status: u16,\n    pub millis: u32,\n}}\n"
            )
        },
    },
    Orm {
        name: "sea-orm",
        dependencies: |_| {
            "sea-orm = { version = \"2\", default-features = false, \
             features = [\"macros\", \"runtime-tokio\", \"sqlx-mysql\", \"with-uuid\"] }"
                .to_owned()
        },
        entity: |table| {
            format!(
                "use sea_orm::entity::prelude::*;\n\n#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]\n\
                 #[sea_orm(table_name = \"{table}\")]\npub struct Model {{\n    \
                 #[sea_orm(primary_key, auto_increment = false)]\n    pub id: Uuid,\n    pub path: String,\n    \
                 pub referrer: String,\n    pub status: u16,\n    pub millis: u32,\n}}\n\n\
                 #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]\npub enum Relation {{}}\n\n\
                 impl ActiveModelBehavior for ActiveModel {{}}\n"
            )
        },
    },
    Orm {
        name: "diesel",
        dependencies: |_| {
            "diesel = { version = \"2.3\", default-features = false, features = [\"mysql_backend\"] }"
                .to_owned()
        },
        entity: |table| {
            format!(
                "use diesel::prelude::*;\n\ndiesel::table! {{\n    {table} (id) {{\n        id -> Binary,\n        \
                 path -> Varchar,\n        referrer -> Varchar,\n        status -> Unsigned<Smallint>,\n        \
                 millis -> Unsigned<Integer>,\n    }}\n}}\n\n\
                 #[derive(Clone, Debug, Queryable, Selectable, Identifiable, Insertable, AsChangeset)]\n\
                 #[diesel(table_name = {table})]\npub struct Page {{\n    pub id: Vec<u8>,\n    pub path: String,\n    \
                 pub referrer: String,\n    pub status: u16,\n    pub millis: u32,\n}}\n"
            )
        },
    },
];

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    Ok(vec![expanded()?, rebuilt(bench).await?])
}

fn expanded() -> Fallible<Line> {
    let mut line = Line::new(
        "10",
        "expanded code of an entity of five columns",
        "at most 250 lines",
    );
    let mut texts = Vec::new();
    for orm in &ORMS {
        let folder = crate_of(orm, 1)?;
        let mut command = cargo(&folder, "rustc");
        command
            .args(["--", "-Zunpretty=expanded"])
            // What is asked for is the compiler's own, and not stable.
            .env("RUSTC_BOOTSTRAP", "1");
        let output = command.output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let code = String::from_utf8(output.stdout)?;
        let own = (orm.entity)("pages").lines().count();
        let lines = code.lines().count().saturating_sub(own);
        line.figure(orm.name, "lines", vec![lines as f64]);
        texts.push(format!("{} {lines}", orm.name));
        if orm.name == "beeorm" {
            line.verdict = Verdict::of(lines <= 250);
        }
    }
    line.measured = format!("{} lines beside its own", texts.join(", "));
    Ok(line)
}

async fn rebuilt(bench: &Bench) -> Fallible<Line> {
    let mut line = Line::new(
        "10",
        format!("a crate of {ENTITIES} entities, built again after a change in one"),
        "at most a third of sea-orm's and of diesel's time",
    );
    let folders: Fallible<Vec<PathBuf>> = ORMS.iter().map(|orm| crate_of(orm, ENTITIES)).collect();
    let folders = folders?;
    let rounds = Rounds::play(bench.options.rounds(), ORMS.len(), async |side, round| {
        let (Some(folder), Some(orm)) = (folders.get(side), ORMS.get(side)) else {
            return Err("there is no such side".into());
        };
        let changed = format!(
            "{}\npub const ROUND: u32 = {round};\n",
            (orm.entity)("table_0")
        );
        fs::write(folder.join("src/table_0.rs"), changed)?;
        let begun = Instant::now();
        build(folder)?;
        Ok(begun.elapsed().as_secs_f64())
    })
    .await?;
    let mut met = true;
    let mut text = format!("{:.2} s:", rounds.spread(OURS, |time| *time).median);
    for (side, orm) in ORMS.iter().enumerate() {
        line.figure(orm.name, "s", rounds.each(side, |time| *time));
        if side != OURS {
            let ratio = rounds.ratio(OURS, side, |time| *time);
            met &= ratio.median <= 1.0 / 3.0;
            text.push_str(&format!(" {ratio} {}", orm.name));
        }
    }
    line.verdict = Verdict::of(met);
    line.measured = text;
    Ok(line)
}

/// A crate with so many entities, built once, with the versions that are measured elsewhere.
fn crate_of(orm: &Orm, entities: usize) -> Fallible<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = target()?.join(format!("{}-{entities}", orm.name));
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"entities\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n",
        (orm.dependencies)(root)
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut modules = String::new();
    for number in 0..entities {
        let name = format!("table_{number}");
        modules.push_str(&format!("pub mod {name};\n"));
        fs::write(folder.join(format!("src/{name}.rs")), (orm.entity)(&name))?;
    }
    fs::write(folder.join("src/lib.rs"), modules)?;
    build(&folder)?;
    Ok(folder)
}

fn target() -> Fallible<PathBuf> {
    let this = std::env::current_exe()?;
    let release = this.parent().ok_or("this program lies nowhere")?;
    Ok(release.with_file_name("compile"))
}

fn cargo(folder: &Path, verb: &str) -> Command {
    let mut command = Command::new("cargo");
    command
        .args([verb, "--quiet", "--offline", "--lib"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.with_file_name("shared"))
        .env("CARGO_INCREMENTAL", "1");
    command
}

fn build(folder: &Path) -> Fallible<()> {
    let output = cargo(folder, "build").output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}
