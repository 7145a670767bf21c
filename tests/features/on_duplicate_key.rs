//! ON DUPLICATE KEY UPDATE, on the synchronous path.

use beeorm::prelude::*;

use crate::support::{Backend, PATIENCE, Sql, engine, on_every_backend, until};

#[derive(Entity, Debug, Default, PartialEq)]
struct Page {
    id: u32,
    #[entity(unique)]
    path: String,
    title: String,
    views: u32,
}

fn page(path: &str, title: &str) -> Page {
    Page {
        path: path.to_owned(),
        title: title.to_owned(),
        views: 1,
        ..Page::default()
    }
}

on_every_backend! {
    async fn inserts_what_is_not_there(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let mut home = engine.track(page("/", "Home")).unwrap();
        Tracked::on_duplicate_key_update(&mut home, [Page::columns().views.add(1)]);
        engine.flush(&mut home).await.unwrap();
        assert_eq!((home.id, home.views), (1, 1));
    }

    async fn updates_what_is_there_and_becomes_it(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        engine.flush(&mut [page("/", "Home"), page("/about", "About")]).await.unwrap();
        let mut about = engine.track(page("/about", "About us")).unwrap();
        let columns = Page::columns();
        Tracked::on_duplicate_key_update(&mut about, [columns.views.add(10), columns.title.set("News")]);
        engine.flush(&mut about).await.unwrap();
        assert_eq!(*about, Page { id: 2, path: "/about".into(), title: "News".into(), views: 11 });
        assert!(!Tracked::is_dirty(&about));
        about.views = 0;
        engine.flush(&mut about).await.unwrap();
        assert_eq!(engine.load::<Page>(2).await.unwrap().unwrap().views, 0);
    }

    async fn gives_the_value_back_when_the_flush_fails(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        engine.flush(&mut page("/", "Home")).await.unwrap();
        let mut home = engine.track(page("/", "Mine")).unwrap();
        Tracked::on_duplicate_key_update(&mut home, [Page::columns().views.add(1)]);
        let mut clash = engine.track(page("/", "Clash")).unwrap();
        assert!(engine.flush((&mut home, &mut clash)).await.unwrap_err().is_duplicate_key());
        assert_eq!((home.id, home.title.as_str()), (0, "Mine"));
        assert!(Tracked::is_new(&home));
    }

    async fn may_not_change_unique_values(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let mut home = engine.track(page("/", "Home")).unwrap();
        Tracked::on_duplicate_key_update(&mut home, [Page::columns().path.set("/moved")]);
        let refused = engine.flush(&mut home).await.unwrap_err();
        assert!(matches!(refused, Error::DuplicateKeyAssignsUnique { entity: "Page", .. }), "{refused}");
    }
}

/// Two names, of which the second is looked at first by servers: it is never NULL.
#[derive(Entity, Debug, Default, PartialEq)]
struct Login {
    #[entity(uuid)]
    id: Uuid,
    #[entity(unique)]
    nick: Option<String>,
    #[entity(unique)]
    email: String,
    visits: u32,
}

fn login(nick: &str, email: &str) -> Login {
    Login {
        nick: Some(nick.to_owned()),
        email: email.to_owned(),
        ..Login::default()
    }
}

on_every_backend! {
    async fn becomes_no_other_row_than_the_one_it_met(backend: Backend) {
        let engine = engine(backend.registry().entity::<Login>()).await;
        let mut known = [login("tom", "a"), login("bob", "b")];
        engine.flush(&mut known).await.unwrap();
        let upsert = |value| {
            let mut value = engine.track(value).unwrap();
            Tracked::on_duplicate_key_update(&mut value, [Login::columns().visits.add(1)]);
            value
        };
        // One row has the one, and another the other.
        let mut torn = upsert(login("tom", "b"));
        let refused = engine.flush(&mut torn).await.unwrap_err();
        assert!(matches!(refused, Error::DuplicateKeyAmbiguous { entity: "Login" }), "{refused}");
        assert!(Tracked::is_new(&torn));
        let visits = async || {
            let found = engine.load_many::<Login>([known[0].id, known[1].id]).await.unwrap();
            found.into_iter().map(|login| login.unwrap().visits).collect::<Vec<_>>()
        };
        assert_eq!(visits().await, [0, 0], "nothing was written");
        // One row has both, or one of both.
        for (nick, email) in [("bob", "b"), ("bob", "new"), ("new", "b")] {
            let mut same = upsert(login(nick, email));
            engine.flush(&mut same).await.unwrap();
            assert_eq!(same.id, known[1].id, "{nick} {email}");
        }
        assert_eq!(visits().await, [0, 3]);
    }
}

#[derive(Entity, Debug, Default, PartialEq)]
struct Site {
    id: u32,
}

/// Is written after its site.
#[derive(Entity, Debug, PartialEq)]
struct Feed {
    #[entity(uuid)]
    id: Uuid,
    #[entity(unique)]
    name: String,
    kept: u32,
    site: Option<Reference<Site>>,
}

fn feed(kept: u32, site: Option<Reference<Site>>) -> Feed {
    Feed {
        id: Uuid::nil(),
        name: "news".to_owned(),
        kept,
        site,
    }
}

/// The transaction reads what was there at its first read, and meets what was inserted since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_came_meanwhile_is_found() {
    let backend = Backend::servers().await;
    let registry = backend.registry().entity::<Page>();
    let engine = engine(registry.entity::<Site>().entity::<Feed>()).await;
    let mut sql = Sql::connect(&backend).await;
    sql.run(
        "CREATE TRIGGER `gate` BEFORE INSERT ON `feed` FOR EACH ROW \
         BEGIN IF NEW.`kept` = 7 THEN DO GET_LOCK(DATABASE(), 60); DO RELEASE_LOCK(DATABASE()); END IF; END",
    )
    .await;
    sql.number("SELECT CAST(GET_LOCK(DATABASE(), 0) AS SIGNED)")
        .await;
    let flush = tokio::spawn({
        let engine = engine.clone();
        async move {
            let mut home = engine.track(page("/", "Home")).unwrap();
            Tracked::on_duplicate_key_update(&mut home, [Page::columns().views.add(1)]);
            let site = Some(Reference::new(Site::default()));
            let mut feed = engine.track(feed(7, site)).unwrap();
            Tracked::on_duplicate_key_update(&mut feed, [Feed::columns().kept.set(5_u32)]);
            engine.flush((&mut home, &mut feed)).await.unwrap();
            feed
        }
    });
    until("it is about to insert", PATIENCE, async || {
        !sql.statements_of_others().await.is_empty()
    })
    .await;
    let mut first = feed(5, None);
    engine.flush(&mut first).await.unwrap();
    sql.number("SELECT CAST(RELEASE_LOCK(DATABASE()) AS SIGNED)")
        .await;
    let mut feed = flush.await.unwrap();
    assert_eq!((feed.id, feed.kept), (first.id, 5));
    feed.kept = 6;
    engine.flush(&mut feed).await.unwrap();
}

/// An engine with a page, and an index of its title that the entity does not declare.
async fn indexed_by_hand(backend: &Backend, what: &str) -> Engine {
    let engine = engine(backend.registry().entity::<Page>()).await;
    engine.flush(&mut page("/", "Home")).await.unwrap();
    let index = format!("ALTER TABLE `page` ADD UNIQUE INDEX `by_hand` ({what})");
    Sql::connect(backend).await.run(&index).await;
    engine
}

#[tokio::test]
async fn a_row_in_an_index_made_by_hand_is_found() {
    let backend = Backend::servers().await;
    let engine = indexed_by_hand(&backend, "`title`").await;
    let mut other = engine.track(page("/other", "Home")).unwrap();
    Tracked::on_duplicate_key_update(&mut other, [Page::columns().views.add(10)]);
    engine.flush(&mut other).await.unwrap();
    let (path, title) = ("/".to_owned(), "Home".to_owned());
    assert_eq!(
        *other,
        Page {
            id: 1,
            path,
            title,
            views: 11
        }
    );
    assert!(!Tracked::is_dirty(&other));
}

#[tokio::test]
async fn a_row_that_cannot_be_found_again_is_an_error() {
    let backend = Backend::servers().await;
    let engine = indexed_by_hand(&backend, "`title`(3)").await;
    let mut other = engine.track(page("/other", "Home")).unwrap();
    Tracked::on_duplicate_key_update(&mut other, [Page::columns().views.add(1)]);
    let refused = engine.flush(&mut other).await.unwrap_err();
    assert!(
        matches!(refused, Error::DuplicateKeyRowUnknown { entity: "Page" }),
        "{refused}"
    );
    assert_eq!(engine.load::<Page>(1).await.unwrap().unwrap().views, 1);
    assert!(Tracked::is_new(&other));
}
