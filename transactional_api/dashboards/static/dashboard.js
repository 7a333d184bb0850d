// Draws the four charts from the figures that the page carries. Loads nothing and sends nothing.
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const KINDS = [
    ["new_mrr", "new", "#2f8f6b", 1],
    ["reactivation_mrr", "reactivation", "#58b9a0", 1],
    ["expansion_mrr", "expansion", "#4f7df0", 1],
    ["contraction_mrr", "contraction", "#e3a33b", -1],
    ["churned_mrr", "churn", "#d2574f", -1],
  ];
  const BUCKETS = [
    ["current", "not yet due"], ["d1_30", "1–30"], ["d31_60", "31–60"], ["d61_90", "61–90"],
    ["d91_120", "91–120"], ["d120_plus", "over 120"], ["unapplied", "unapplied"],
  ];
  const CURRENCIES = ["#4f7df0", "#2f8f6b", "#e3a33b", "#9b6bdf", "#d2574f", "#58b9a0"];

  const column = (rows, name) => rows.map((row) => row[name]);

  function draw(id, rows, traces, extra = {}) {
    const place = document.getElementById(id);
    if (!place) return;
    if (!rows.length || !window.Plotly) {
      place.classList.add("none");
      place.textContent = rows.length ? "The charts could not be loaded." : "Nothing published yet.";
      return;
    }
    const axis = { gridcolor: colour("--line"), zerolinecolor: colour("--line"), automargin: true };
    const layout = {
      margin: { l: 8, r: 8, t: 8, b: 8 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("--soft"), family: "system-ui, sans-serif", size: 12 },
      legend: { orientation: "h", y: -0.18 },
      hovermode: "x unified",
      hoverlabel: { bgcolor: colour("--card"), font: { color: colour("--ink") } },
      xaxis: { ...axis },
      yaxis: { ...axis, rangemode: "tozero", separatethousands: true },
      ...extra,
    };
    Plotly.react(place, traces, layout, { responsive: true, displayModeBar: false });
  }

  function drawRevenue() {
    const rows = figures.revenue;
    const months = column(rows, "month");
    draw("mrr", rows, [{
      x: months, y: column(rows, "mrr"), name: "MRR", type: "scatter", mode: "lines", fill: "tozeroy",
      line: { color: colour("--accent"), width: 2.5 },
    }]);
    draw("movements", rows, KINDS.map(([name, label, fill, sign]) => ({
      x: months, y: rows.map((row) => sign * row[name]), name: label, type: "bar", marker: { color: fill },
    })), { barmode: "relative" });
  }

  function drawAgeing() {
    const rows = figures.ageing;
    draw("ageing", rows, rows.map((row, at) => ({
      x: BUCKETS.map(([, label]) => label), y: BUCKETS.map(([name]) => row[name]), name: row.currency, type: "bar",
      marker: { color: CURRENCIES[at % CURRENCIES.length] },
    })), { barmode: "group", hovermode: "closest" });
  }

  function band(rows, low, high, name, opacity) {
    const months = column(rows, "month");
    return {
      x: [...months, ...months.slice().reverse()], y: [...column(rows, high), ...column(rows, low).reverse()],
      fill: "toself", fillcolor: `rgba(79,125,240,${opacity})`, line: { width: 0 }, name, type: "scatter",
      mode: "lines", hoverinfo: "skip",
    };
  }

  function drawForecast() {
    const first = figures.forecast.length ? figures.forecast[0].metric : null;
    const metric = figures.forecast.some((row) => row.metric === "mrr") ? "mrr" : first;
    const rows = figures.forecast.filter((row) => row.metric === metric);
    const known = rows.length ? figures.revenue.slice(-18) : [];
    draw("forecast", rows, [
      band(rows, "low_95", "high_95", "95 %", 0.14),
      band(rows, "low_80", "high_80", "80 %", 0.24),
      { x: column(known, "month"), y: column(known, "mrr"), name: "known", mode: "lines", type: "scatter",
        line: { color: colour("--ink"), width: 2 } },
      { x: column(rows, "month"), y: column(rows, "value"), name: rows.length ? rows[0].model : "", type: "scatter",
        mode: "lines", line: { color: colour("--accent"), width: 2.5, dash: "dot" } },
    ]);
  }

  function drawAll() {
    drawRevenue();
    drawAgeing();
    drawForecast();
  }
  dark.addEventListener("change", drawAll);
  drawAll();
})();
