//! Elements found by their accessible role and name, and actions on them.

use super::keys::Key;
use super::tab::Tab;
use chromiumoxide::Result;
use chromiumoxide::cdp::browser_protocol::accessibility::{AxNode, AxValue, QueryAxTreeParams};
use chromiumoxide::cdp::browser_protocol::dom::{BackendNodeId, GetDocumentParams, ResolveNodeParams};
use chromiumoxide::cdp::browser_protocol::input::InsertTextParams;
use chromiumoxide::cdp::js_protocol::runtime::{CallArgument, CallFunctionOnParams};
use chromiumoxide::layout::Point;
use serde_json::{Value, json};

/// A locator: the role and name of an element, optionally within another element.
#[derive(Debug, Clone)]
pub struct Locator {
    role: String,
    name: Option<String>,
    within: Option<Box<Locator>>,
}

impl Locator {
    /// Matches a role and an exact name.
    pub fn new(role: &str, name: &str) -> Self {
        Self { role: role.to_owned(), name: Some(name.to_owned()), within: None }
    }

    /// Matches a role with any name.
    pub fn any(role: &str) -> Self {
        Self { role: role.to_owned(), name: None, within: None }
    }

    /// Restricts the locator to the inside of another element.
    #[must_use]
    pub fn within(mut self, other: Self) -> Self {
        self.within = Some(Box::new(other));
        self
    }
}

/// An element of the page.
#[derive(Debug, Clone)]
pub struct Element {
    node: BackendNodeId,
    /// Its accessible name.
    pub name: String,
    /// Its accessible description.
    pub description: String,
    /// Accessible states and values: `disabled`, `checked`, `focused`, `invalid`...
    pub states: Value,
}

/// Scrolls to an element and returns where to click it, or what covers it.
const SPOT: &str = "function () {
  this.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
  const box = [...this.getClientRects()].find((box) => box.width > 0 && box.height > 0);
  if (!box) return { blocked: 'it has no size' };
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  const hit = top && (this.contains(top) || top.closest('label')?.control === this);
  return hit ? { x, y } : { blocked: top ? top.outerHTML.slice(0, 200) : 'it is off the screen', x, y };
}";

/// Maximum number of tab stops on a page.
const STOPS: usize = 200;

/// Returns the focused element, and whether its focus is visible as an outline or the browser's own ring.
const FOCUS: &str = "(() => {
  const one = document.activeElement;
  if (!one || one === document.body) return { what: 'nothing' };
  const style = getComputedStyle(one);
  const visible = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return { what: one.outerHTML.slice(0, 120), visible };
})()";

impl Tab {
    /// Returns all matching elements of the current page.
    pub async fn all(&self, locator: &Locator) -> Vec<Element> {
        // A page that is being replaced has no elements.
        self.try_all(locator).await.unwrap_or_default()
    }

    async fn try_all(&self, locator: &Locator) -> Result<Vec<Element>> {
        let roots = match &locator.within {
            Some(outer) => Box::pin(self.try_all(outer)).await?.into_iter().map(|element| element.node).collect(),
            None => vec![self.page.execute(GetDocumentParams::builder().depth(0).build()).await?.root.backend_node_id],
        };
        let mut found = Vec::new();
        for root in roots {
            let query = QueryAxTreeParams {
                backend_node_id: Some(root),
                role: Some(locator.role.clone()),
                accessible_name: locator.name.clone(),
                ..QueryAxTreeParams::default()
            };
            let answer = self.page.execute(query).await?;
            found.extend(answer.nodes.iter().filter(|node| !node.ignored).filter_map(Element::of));
        }
        Ok(found)
    }

    /// Waits until exactly one element matches; fails if there are several.
    pub async fn find(&self, locator: &Locator) -> Element {
        let found = self
            .wait_for(&format!("{locator:?}"), || async { Some(self.all(locator).await).filter(|all| !all.is_empty()) })
            .await;
        assert_eq!(found.len(), 1, "{locator:?}: {found:?}");
        found.into_iter().next().unwrap()
    }

    /// Waits until no element matches.
    pub async fn wait_until_gone(&self, locator: &Locator) {
        self.wait_for(&format!("the end of {locator:?}"), || async {
            self.all(locator).await.is_empty().then_some(())
        })
        .await;
    }

    /// Calls a function on an element.
    pub async fn call_function(&self, element: &Element, function: &str, arguments: Value) -> Value {
        self.try_call_function(element, function, arguments).await.unwrap()
    }

    /// Calls a function on an element; an error if the element is gone.
    async fn try_call_function(&self, element: &Element, function: &str, arguments: Value) -> Result<Value> {
        let node = ResolveNodeParams::builder().backend_node_id(element.node).build();
        let object = self.page.execute(node).await?.result.object;
        let mut call = CallFunctionOnParams::new(function);
        call.object_id = object.object_id;
        let arguments = arguments.as_array().into_iter().flatten();
        call.arguments = Some(arguments.map(|value| CallArgument::builder().value(value.clone()).build()).collect());
        call.return_by_value = Some(true);
        call.await_promise = Some(true);
        let answer = self.page.execute(call).await?.result;
        assert!(answer.exception_details.is_none(), "{function}: {answer:?}");
        Ok(answer.result.value.unwrap_or_default())
    }

    /// Clicks an element with the mouse. It must not be covered.
    pub async fn click_element(&self, element: &Element) {
        self.try_click(element).await.unwrap();
    }

    async fn try_click(&self, element: &Element) -> Result<()> {
        let spot = self.try_call_function(element, SPOT, json!([])).await?;
        let (Some(x), Some(y), None) = (spot["x"].as_f64(), spot["y"].as_f64(), spot.get("blocked")) else {
            panic!("{element:?} cannot be clicked: {spot}");
        };
        self.page.click(Point::new(x, y)).await.unwrap();
        Ok(())
    }

    /// Returns what covers an element after scrolling to it; `None` also if the element is gone.
    pub async fn blocked(&self, element: &Element) -> Option<String> {
        let spot = self.try_call_function(element, SPOT, json!([])).await.ok()?;
        spot.get("blocked").map(ToString::to_string)
    }

    /// Waits for an element and clicks it.
    pub async fn click(&self, locator: &Locator) {
        // A view that updates itself may have replaced the element.
        while let Err(gone) = self.try_click(&self.find(locator).await).await {
            println!("{locator:?}: {gone}");
        }
    }

    /// Clicks an element that navigates, and waits until the new page is loaded.
    pub async fn click_and_load(&self, locator: &Locator) {
        let element = self.find(locator).await;
        self.load_after(self.click_element(&element)).await;
    }

    /// Replaces the content of a field.
    pub async fn fill(&self, locator: &Locator, text: &str) {
        let element = self.find(locator).await;
        self.click_element(&element).await;
        self.call_function(&element, "function () { this.select(); }", json!([])).await;
        if text.is_empty() {
            self.press_key(Key::Delete).await;
        } else {
            self.page.execute(InsertTextParams::new(text)).await.unwrap();
        }
    }

    /// Chooses an option of a select by its value, as a person does.
    pub async fn select(&self, locator: &Locator, value: &str) {
        let element = self.find(locator).await;
        let choose = "function (value) { this.focus(); this.value = value; \
                      this.dispatchEvent(new Event('input', { bubbles: true })); \
                      this.dispatchEvent(new Event('change', { bubbles: true })); return this.value; }";
        assert_eq!(self.call_function(&element, choose, json!([value])).await, value, "{locator:?} has no such option");
    }

    /// Returns the content of a field.
    pub async fn value(&self, locator: &Locator) -> String {
        let element = self.find(locator).await;
        let value = self.call_function(&element, "function () { return this.value; }", json!([])).await;
        value.as_str().unwrap().to_owned()
    }

    /// Waits until an element shows a text.
    pub async fn wait_for_text_in(&self, locator: &Locator, text: &str) {
        self.wait_for(&format!("{text} in {locator:?}"), || async {
            for element in self.all(locator).await {
                if self.try_inner_text(&element).await.is_ok_and(|words| words.contains(text)) {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    /// Returns the text that an element shows.
    pub async fn inner_text(&self, element: &Element) -> String {
        self.try_inner_text(element).await.unwrap()
    }

    async fn try_inner_text(&self, element: &Element) -> Result<String> {
        let words = self.try_call_function(element, "function () { return this.innerText; }", json!([])).await?;
        Ok(words.as_str().unwrap_or_default().to_owned())
    }

    /// Presses Tab until an element has the focus. Fails if it never gets the focus, or if a stop on the way does not
    /// show it.
    pub async fn tab_to(&self, locator: &Locator) {
        self.find(locator).await;
        let mut stops = Vec::new();
        for _ in 0..STOPS {
            if self.all(locator).await.iter().any(|element| element.is("focused")) {
                return;
            }
            self.press_key(Key::Tab).await;
            let stop = self.evaluate(FOCUS).await;
            assert_ne!(stop["visible"], false, "{stop} does not show that it has the focus");
            stops.push(stop["what"].to_string());
        }
        panic!("Tab never reaches {locator:?}, only {stops:?}");
    }

    /// Tabs to an element and presses Enter.
    pub async fn press_enter_on(&self, locator: &Locator) {
        self.tab_to(locator).await;
        self.press_key(Key::Enter).await;
    }

    /// Tabs to a field, which selects its content, and types.
    pub async fn type_into(&self, locator: &Locator, text: &str) {
        self.tab_to(locator).await;
        self.type_text(text).await;
    }

    /// Waits until an element has the focus.
    pub async fn wait_for_focus(&self, locator: &Locator) -> Element {
        self.wait_for(&format!("the focus on {locator:?}"), || async {
            self.all(locator).await.into_iter().find(|element| element.is("focused"))
        })
        .await
    }
}

impl Element {
    fn of(node: &AxNode) -> Option<Self> {
        let text = |value: &Option<AxValue>| Some(value.as_ref()?.value.as_ref()?.as_str()?.to_owned());
        let properties = node.properties.iter().flatten();
        let states = properties
            .map(|property| (property.name.as_ref().to_owned(), property.value.value.clone().unwrap_or_default()));
        Some(Self {
            node: node.backend_dom_node_id?,
            name: text(&node.name).unwrap_or_default(),
            description: text(&node.description).unwrap_or_default(),
            states: Value::Object(states.collect()),
        })
    }

    /// Returns whether a state is set.
    pub fn is(&self, state: &str) -> bool {
        matches!(&self.states[state], Value::Bool(true)) || self.states[state] == "true"
    }
}
