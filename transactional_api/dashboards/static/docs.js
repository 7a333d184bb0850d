// Lists the operations of /openapi.json. Text only: nothing of the description is treated as HTML.
(async () => {
  const place = document.getElementById("operations");
  const api = await (await fetch("/openapi.json")).json();
  const element = (tag, text = "", name = "") => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const resolve = (schema, depth = 0) => {
    if (!schema || depth > 6) return schema;
    if (schema.$ref) return resolve(api.components.schemas[schema.$ref.split("/").pop()], depth + 1);
    if (Array.isArray(schema)) return schema.map((part) => resolve(part, depth + 1));
    if (typeof schema !== "object") return schema;
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolve(value, depth + 1)]));
  };
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || ["other"])[0];
      groups.set(tag, [...(groups.get(tag) || []), { path, method, operation }]);
    }
  }
  for (const [tag, operations] of groups) {
    const card = element("section", "", "card operation");
    card.append(element("h2", tag));
    for (const { path, method, operation } of operations) {
      const details = element("details", "", "operation");
      const summary = element("summary");
      summary.append(element("b", method.toUpperCase()), element("code", path), element("span", operation.summary));
      details.append(summary);
      if (operation.description) details.append(element("p", operation.description));
      const parameters = (operation.parameters || []).map((one) => `${one.name} (${one.in})`);
      if (parameters.length) details.append(element("p", `Parameters: ${parameters.join(", ")}`));
      const body = operation.requestBody?.content?.["application/json"]?.schema;
      if (body) details.append(element("p", "Body"), element("pre", JSON.stringify(resolve(body), null, 2)));
      card.append(details);
    }
    place.append(card);
  }
})();
