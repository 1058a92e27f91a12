//! A test extension with faults. The lead's last name selects one: an unknown field, a changed e-mail address, or a
//! trap.

#[cfg(target_arch = "wasm32")]
mod extension {
    #![expect(unsafe_code, reason = "generated bindings")]

    wit_bindgen::generate!({ path: "../../wit", world: "mapping" });

    use exports::zoom_for_marketo::extension::registrant_mapping::{Field, Guest, Registrant, Webinar};

    struct BrokenMapping;

    impl Guest for BrokenMapping {
        fn to_registrant(lead: Vec<Field>, _: Webinar) -> Result<Registrant, String> {
            let find = |name: &str| {
                let field = lead.iter().find(|field| field.name == name);
                field.map(|field| field.value.clone()).unwrap_or_default()
            };
            let mut registrant = Registrant {
                email: find("email"),
                first_name: find("firstName"),
                last_name: find("lastName"),
                more: Vec::new(),
                answers: Vec::new(),
            };
            match find("lastName").as_str() {
                "Otherfield" => registrant.more.push(Field { name: "shoe_size".to_owned(), value: "44".to_owned() }),
                "Otheraddress" => registrant.email = "another.person@example.com".to_owned(),
                "Trap" => std::process::abort(),
                _ => {}
            }
            Ok(registrant)
        }
    }

    export!(BrokenMapping);
}
