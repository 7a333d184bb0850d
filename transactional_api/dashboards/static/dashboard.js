// Draws the four charts from the figures that the page carries. Loads nothing and sends nothing.
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const KINDS = [
    ["new_mrr", "New", "#2f8f6b", 1],
    ["reactivation_mrr", "Reactivation", "#7cc7a8", 1],
    ["expansion_mrr", "Expansion", "#4f7df0", 1],
    ["contraction_mrr", "Contraction", "#e3a33b", -1],
    ["churned_mrr", "Churn", "#d2574f", -1],
    ["fx_mrr", "Exchange rates", "#8b95a5", 1],
  ];
  const BUCKETS = [
    ["current", "Not due", "#3c9d78"], ["d1_30", "1–30", "#a9c46c"], ["d31_60", "31–60", "#ebcb57"],
    ["d61_90", "61–90", "#e9a13f"], ["d91_120", "91–120", "#dd7440"], ["d120_plus", "Over 120", "#c1403d"],
  ];
  const money = (sign = "") => `%{y:${sign},.0f} ${figures.currency}`;
  const column = (rows, name) => rows.map((row) => row[name]);

  // The legend is HTML: it wraps on a narrow screen and never covers an axis.
  function explain(id, entries) {
    document.getElementById(`${id}-legend`).replaceChildren(...entries.map(([label, fill, mark]) => {
      const entry = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.className = mark || "box";
      swatch.style.color = fill;
      entry.append(swatch, label);
      return entry;
    }));
  }

  // A card also changes its size when a scroll bar appears or its neighbour grows, which is no resize of the window.
  const watcher = new ResizeObserver((changes) => changes.forEach(({ target }) => Plotly.Plots.resize(target)));

  function draw(id, rows, traces, legend, extra = {}) {
    const place = document.getElementById(id);
    if (!place) return;
    if (!rows.length || !window.Plotly) {
      place.classList.add("none");
      place.textContent = rows.length ? "The charts could not be loaded." : "Nothing to show yet.";
      return;
    }
    explain(id, legend);
    const axis = { gridcolor: colour("--line"), zerolinecolor: colour("--axis"), automargin: true, fixedrange: true };
    const layout = {
      margin: { l: 4, r: 10, t: 8, b: 4 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("--soft"), family: "system-ui, sans-serif", size: 12 },
      separators: ".,",
      showlegend: false,
      hovermode: "x unified",
      hoverlabel: { bgcolor: colour("--card"), bordercolor: colour("--line"), font: { color: colour("--ink") } },
      ...extra,
      xaxis: { ...axis, showgrid: false, hoverformat: "%B %Y", nticks: place.clientWidth < 440 ? 4 : 8, ...extra.xaxis },
      yaxis: { ...axis, rangemode: "tozero", nticks: 7, separatethousands: true, ticksuffix: " ", ...extra.yaxis },
    };
    Plotly.react(place, traces, layout, { displayModeBar: false }).then(() => watcher.observe(place));
  }

  function drawRevenue() {
    const rows = figures.revenue;
    const months = column(rows, "month");
    draw("mrr", rows, [{
      x: months, y: column(rows, "mrr"), name: "MRR", type: "scatter", mode: "lines", fill: "tozeroy",
      line: { color: colour("--accent"), width: 2.5 }, fillcolor: colour("--accent-soft"), hovertemplate: money(),
    }], []);
    const kinds = KINDS.filter(([name]) => rows.some((row) => row[name]));
    draw("movements", rows, kinds.map(([name, label, fill, sign]) => ({
      x: months, y: rows.map((row) => sign * (row[name] || 0)), name: label, type: "bar", marker: { color: fill },
      hovertemplate: money("+"),
    })), kinds.map(([, label, fill]) => [label, fill]), { barmode: "relative", bargap: 0.25 });
  }

  // Currencies cannot be added or compared in one scale; shares can.
  function drawAgeing() {
    const rows = figures.ageing.slice().reverse();
    const totals = rows.map((row) => BUCKETS.reduce((sum, [name]) => sum + (row[name] || 0), 0));
    draw("ageing", rows, BUCKETS.map(([name, label, fill]) => {
      const shares = rows.map((row, at) => (totals[at] ? (row[name] || 0) / totals[at] : 0));
      return {
        x: shares, y: column(rows, "currency"), name: label, type: "bar", orientation: "h", marker: { color: fill },
        text: shares.map((share) => (share >= 0.07 ? `${Math.round(share * 100)}%` : "")), textposition: "inside",
        textangle: 0, insidetextanchor: "middle", insidetextfont: { color: "#10151c" },
        customdata: rows.map((row) => row[name] || 0),
        hovertemplate: `%{customdata:,.2f} %{y}, %{x:.1%}<extra>${label}</extra>`,
      };
    }), BUCKETS.map(([, label, fill]) => [label, fill]), {
      barmode: "stack", bargap: 0.35, hovermode: "closest",
      margin: { l: 4, r: 22, t: 8, b: 4 },
      xaxis: { range: [0, 1], nticks: 0, tickformat: ".0%", dtick: 0.25, hoverformat: ".1%" },
      yaxis: { type: "category", showgrid: false, nticks: 0, rangemode: "normal" },
    });
  }

  function band(rows, low, high, opacity) {
    const months = column(rows, "month");
    return {
      x: [...months, ...months.slice().reverse()], y: [...column(rows, high), ...column(rows, low).reverse()],
      fill: "toself", fillcolor: `rgba(79,125,240,${opacity})`, line: { width: 0 }, type: "scatter",
      mode: "lines", hoverinfo: "skip",
    };
  }

  function drawForecast() {
    const foretold = figures.forecast.filter((row) => row.metric === "mrr");
    const first = foretold.length ? foretold[0].month : "";
    const known = figures.revenue.filter((row) => row.month < first).slice(-18);
    const last = known[known.length - 1];
    const start = last
      ? [{ month: last.month, value: last.mrr, low_80: last.mrr, high_80: last.mrr, low_95: last.mrr, high_95: last.mrr }]
      : [];
    const rows = [...start, ...foretold];
    const accent = colour("--accent");
    const model = foretold.length ? foretold[0].model : "";
    const isRanged = foretold.some((row) => row.low_80 !== null && row.low_95 !== null);
    const ranges = isRanged ? [band(rows, "low_95", "high_95", 0.16), band(rows, "low_80", "high_80", 0.24)] : [];
    const within = " (80%: %{customdata[0]:,.0f} to %{customdata[1]:,.0f})";
    draw("forecast", foretold, [
      ...ranges,
      { x: column(known, "month"), y: column(known, "mrr"), name: "Actual", mode: "lines", type: "scatter",
        line: { color: colour("--ink"), width: 2 }, hovertemplate: money() },
      { x: column(rows, "month"), y: column(rows, "value"), name: "Forecast", type: "scatter", mode: "lines",
        line: { color: accent, width: 2.5, dash: "dot" },
        customdata: rows.map((row) => [row.low_80, row.high_80]),
        hovertemplate: money() + (isRanged ? within : "") },
    ], [
      ["Actual", colour("--ink"), "line"], [`Forecast (${model})`, accent, "dots"],
      ...(isRanged ? [["80%", "rgba(79,125,240,.42)"], ["95%", "rgba(79,125,240,.2)"]] : []),
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
