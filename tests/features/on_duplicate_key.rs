//! ON DUPLICATE KEY UPDATE, on the synchronous path.

use beeorm::prelude::*;

use crate::support::{engine, on_every_backend};

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
