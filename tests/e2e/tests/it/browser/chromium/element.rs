//! Finding by role and name, as a screen reader tells them, clicking and filling in.

use super::Tab;
use serde_json::{Value, json};

/// What to look for: an element of a role and a name, within another.
#[derive(Debug, Clone)]
pub struct Wanted {
    role: String,
    name: Option<String>,
    within: Option<Box<Wanted>>,
}

impl Wanted {
    /// With this role and exactly this name.
    pub fn new(role: &str, name: &str) -> Self {
        Self { role: role.to_owned(), name: Some(name.to_owned()), within: None }
    }

    /// With this role, whatever its name.
    pub fn any(role: &str) -> Self {
        Self { role: role.to_owned(), name: None, within: None }
    }

    /// Inside another one.
    #[must_use]
    pub fn within(mut self, other: Self) -> Self {
        self.within = Some(Box::new(other));
        self
    }
}

/// An element that was found.
#[derive(Debug, Clone)]
pub struct Element {
    node: Value,
    /// Its accessible name.
    pub name: String,
    /// What describes it.
    pub description: String,
    /// The states and values that a screen reader is told: `disabled`, `checked`, `focused`, `invalid`...
    pub states: Value,
}

/// Where to click an element, after it was scrolled to; or what is in the way.
const SPOT: &str = "function () {
  this.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
  const box = [...this.getClientRects()].find((box) => box.width > 0 && box.height > 0);
  if (!box) return { blocked: 'it has no size' };
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  const hit = top && (this.contains(top) || top.closest('label')?.control === this);
  return hit ? { x, y } : { blocked: top ? top.outerHTML.slice(0, 200) : 'it is off the screen', x, y };
}";

impl Tab {
    /// Every element that is wanted, as it is now.
    pub async fn all(&self, wanted: &Wanted) -> Vec<Element> {
        // A page that is just going away has nothing.
        self.try_all(wanted).await.unwrap_or_default()
    }

    async fn try_all(&self, wanted: &Wanted) -> Result<Vec<Element>, String> {
        let roots = match &wanted.within {
            Some(outer) => Box::pin(self.try_all(outer)).await?.into_iter().map(|element| element.node).collect(),
            None => {
                let document = self.try_call("DOM.getDocument", json!({"depth": 0})).await?;
                vec![document["root"]["backendNodeId"].clone()]
            }
        };
        let mut found = Vec::new();
        for root in roots {
            let mut query = json!({"backendNodeId": root, "role": wanted.role});
            if let Some(name) = &wanted.name {
                query["accessibleName"] = json!(name);
            }
            let answer = self.try_call("Accessibility.queryAXTree", query).await?;
            let nodes = answer["nodes"].as_array().into_iter().flatten();
            found.extend(nodes.filter(|node| node["ignored"] != true).map(Element::of));
        }
        Ok(found)
    }

    /// Waits until there is what is wanted; several are one too many.
    pub async fn find(&self, wanted: &Wanted) -> Element {
        let found = self
            .until(&format!("{wanted:?}"), || async { Some(self.all(wanted).await).filter(|all| !all.is_empty()) })
            .await;
        assert_eq!(found.len(), 1, "{wanted:?}: {found:?}");
        found.into_iter().next().unwrap()
    }

    /// Waits until there is nothing of the kind any more.
    pub async fn gone(&self, wanted: &Wanted) {
        self.until(&format!("the end of {wanted:?}"), || async { self.all(wanted).await.is_empty().then_some(()) })
            .await;
    }

    /// Calls a function on an element.
    pub async fn apply(&self, element: &Element, function: &str, arguments: Value) -> Value {
        self.try_apply(element, function, arguments).await.unwrap()
    }

    /// The same; an error if the element went away meanwhile.
    pub(super) async fn try_apply(&self, element: &Element, function: &str, arguments: Value) -> Result<Value, String> {
        let object = self.try_call("DOM.resolveNode", json!({"backendNodeId": element.node})).await?;
        let arguments: Vec<Value> =
            arguments.as_array().into_iter().flatten().map(|value| json!({"value": value})).collect();
        let parameters = json!({
            "objectId": object["object"]["objectId"], "functionDeclaration": function, "arguments": arguments,
            "returnByValue": true, "awaitPromise": true,
        });
        let mut answer = self.try_call("Runtime.callFunctionOn", parameters).await?;
        assert!(answer.get("exceptionDetails").is_none(), "{function}: {answer}");
        Ok(answer["result"]["value"].take())
    }

    /// Clicks an element with the mouse. It must be on top where it is clicked.
    pub async fn press(&self, element: &Element) {
        self.try_press(element).await.unwrap();
    }

    async fn try_press(&self, element: &Element) -> Result<(), String> {
        let spot = self.try_apply(element, SPOT, json!([])).await?;
        assert!(spot.get("blocked").is_none(), "{element:?} cannot be clicked: {spot}");
        for (kind, buttons) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 0)] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({
                "type": kind, "x": spot["x"], "y": spot["y"], "button": button, "buttons": buttons, "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", event).await;
        }
        Ok(())
    }

    /// What is in the way of an element that was scrolled to; none too if the element went away meanwhile.
    pub async fn blocked(&self, element: &Element) -> Option<String> {
        let spot = self.try_apply(element, SPOT, json!([])).await.ok()?;
        spot.get("blocked").map(ToString::to_string)
    }

    /// Waits for an element and clicks it.
    pub async fn click(&self, wanted: &Wanted) {
        // A view that updates itself may have put another one in its place.
        while let Err(gone) = self.try_press(&self.find(wanted).await).await {
            println!("{wanted:?}: {gone}");
        }
    }

    /// Clicks what leads to another page, and waits until that is loaded.
    pub async fn follow(&self, wanted: &Wanted) {
        let element = self.find(wanted).await;
        let mark = self.mark();
        self.press(&element).await;
        self.loaded_since(mark).await;
    }

    /// Fills in a field, in the place of what is in it.
    pub async fn fill(&self, wanted: &Wanted, text: &str) {
        let element = self.find(wanted).await;
        self.press(&element).await;
        self.apply(&element, "function () { this.select(); }", json!([])).await;
        if text.is_empty() {
            self.key(super::Key::Delete).await;
        } else {
            self.call("Input.insertText", json!({"text": text})).await;
        }
    }

    /// What is in a field.
    pub async fn value(&self, wanted: &Wanted) -> String {
        let element = self.find(wanted).await;
        let value = self.apply(&element, "function () { return this.value; }", json!([])).await;
        value.as_str().unwrap().to_owned()
    }
}

impl Element {
    fn of(node: &Value) -> Self {
        let text = |field: &str| node[field]["value"].as_str().unwrap_or_default().to_owned();
        let properties = node["properties"].as_array().into_iter().flatten();
        let states = properties
            .filter_map(|property| Some((property["name"].as_str()?.to_owned(), property["value"]["value"].clone())));
        Self {
            node: node["backendDOMNodeId"].clone(),
            name: text("name"),
            description: text("description"),
            states: Value::Object(states.collect()),
        }
    }

    /// Whether a state is on.
    pub fn is(&self, state: &str) -> bool {
        matches!(&self.states[state], Value::Bool(true)) || self.states[state] == "true"
    }
}
