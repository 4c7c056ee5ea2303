/// One page that needs nothing but itself: no script, no font, no image, nothing from the network.
struct HTMLPage: Sendable {
  let title: String
  let body: Markup

  var text: String {
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      \(body)</body>
      </html>

      """
    return page.source
  }

  /// Blue stays, orange goes: told apart by readers of every colour vision, on light and on dark.
  private static let style: Markup = """
    :root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --line: #e3e7ee; --ink: #18202c;
      --soft: #5d6a7e; --before: #d3dbe8; --after: #2a6be0; --removed: #e8633a; --good: #13795b; --warn: #8a5a00;
      --warn-page: #fff6e0; --shade: 0 1px 2px rgb(20 30 50 / .06), 0 4px 16px rgb(20 30 50 / .05); }
    @media (prefers-color-scheme: dark) { :root { --page: #10141b; --card: #181e28; --line: #2a3342; --ink: #e7ecf4;
      --soft: #96a3b8; --before: #46566f; --after: #6ba0ff; --removed: #ff8a62; --good: #58d3a8; --warn: #f2c66d;
      --warn-page: #2b2415; --shade: none; } }
    * { box-sizing: border-box; }
    html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
    body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
      Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
    main, header, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
    header { padding-top: 36px; }
    h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -.01em; overflow-wrap: anywhere; }
    h1 .to { color: var(--soft); font-weight: 400; padding: 0 .15em; }
    h2 { font-size: 19px; margin: 0 0 4px; letter-spacing: -.005em; }
    p { margin: 0 0 12px; }
    .lead, .note { color: var(--soft); }
    .note { font-size: 13.5px; max-width: 76ch; }
    code, .name { font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-size: .88em; overflow-wrap: anywhere; }
    nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 16px 0 22px; font-size: 14px; }
    a { color: var(--after); text-decoration: none; } a:hover { text-decoration: underline; }
    section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shade);
      padding: 22px 24px; margin: 0 0 18px; scroll-margin-top: 12px; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(215px, 1fr)); gap: 14px; margin: 0 0 18px; }
    .tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shade);
      padding: 16px 18px; }
    .tile .what { color: var(--soft); font-size: 13.5px; }
    .tile .change { font-size: 30px; font-weight: 650; line-height: 1.25; letter-spacing: -.02em; }
    .tile .counts { font-size: 13.5px; color: var(--soft); margin-bottom: 10px; }
    .tile svg { display: block; width: 100%; height: 6px; border-radius: 3px; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin: 2px 0 12px; }
    .legend span::before { content: ""; display: inline-block; width: 11px; height: 11px; border-radius: 3px;
      margin-right: 6px; vertical-align: -1px; background: var(--key); }
    .legend .key-mark::before { height: 3px; border-radius: 1px; vertical-align: 3px; }
    .before-key { --key: var(--before); } .after-key { --key: var(--after); }
    .removed-key { --key: var(--removed); } .ink-key { --key: var(--ink); }
    figure { margin: 0 0 18px; } figure:last-child { margin-bottom: 0; }
    figcaption { font-weight: 600; font-size: 14px; margin-bottom: 10px; }
    .plot { position: relative; padding-left: 58px; }
    .plot svg { display: block; width: 100%; height: 180px; overflow: visible; }
    .ticks { position: absolute; left: 0; top: 0; bottom: 0; width: 50px; font-size: 12px; color: var(--soft); }
    .ticks span { position: absolute; right: 0; transform: translateY(-50%); white-space: nowrap; }
    .ends { display: flex; justify-content: space-between; gap: 8px; font-size: 12px; color: var(--soft);
      margin-top: 5px; }
    .chart .ends { padding-left: 58px; font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-size: 11px; }
    svg .before { fill: var(--before); } svg .after, svg .kept { fill: var(--after); }
    svg .removed { fill: var(--removed); } svg .hit { fill: transparent; }
    svg .grid, svg .axis { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
    svg .mark { stroke: var(--ink); stroke-width: 2; vector-effect: non-scaling-stroke; }
    svg .cut { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; vector-effect: non-scaling-stroke; }
    svg .column:hover .hit { fill: var(--line); opacity: .6; }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 22px 34px;
      margin: 20px 0 16px; } .charts figure { margin: 0; min-width: 0; } .charts figcaption { margin-bottom: 2px; }
    .unit { font-weight: 400; font-size: 13px; color: var(--soft); margin-left: 8px; }
    .epochs { position: relative; padding-left: 58px; height: 38px; margin-top: 5px; font-size: 12px;
      color: var(--soft); } .epochs div { position: relative; height: 18px; }
    .epochs div span { position: absolute; transform: translateX(-50%); }
    .epochs > span { display: block; text-align: center; }
    .main-key { --key: var(--after); } .second-key { --key: var(--removed); } .third-key { --key: var(--good); }
    .reference-key { --key: var(--soft); } .cut-key { --key: var(--ink); }
    .legend .line-key::before { width: 18px; height: 0; border-radius: 0; background: none; vertical-align: 4px;
      border-top: 2px solid var(--key); } .legend .second-key::before { border-top-style: dashed; }
    .legend .third-key::before, .legend .reference-key::before { border-top-style: dotted; }
    .legend .cut-key::before { width: 0; height: 12px; border-top: 0; border-left: 2px dashed var(--key);
      vertical-align: -2px; }
    svg polyline { fill: none; stroke: var(--after); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round;
      vector-effect: non-scaling-stroke; } svg .dot { stroke: var(--after); stroke-width: 5; stroke-linecap: round;
      vector-effect: non-scaling-stroke; } svg .second { stroke: var(--removed); } svg .third { stroke: var(--good); }
    svg polyline.second { stroke-dasharray: 7 5; } svg polyline.third { stroke-dasharray: 1 5; }
    svg .reference { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 2 4; vector-effect: non-scaling-stroke; }
    table.narrow { width: auto; }
    .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 12px; }
    .card { border: 1px solid var(--line); border-radius: 9px; padding: 11px 13px 9px; min-width: 0; }
    .card h3 { font-size: 12.5px; font-weight: 600; margin: 0; white-space: nowrap; overflow: hidden;
      text-overflow: ellipsis; font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    .card p { font-size: 12.5px; color: var(--soft); margin: 1px 0 7px; }
    .card .reason { color: var(--warn); margin: 6px 0 0; }
    .histogram { display: block; width: 100%; height: 64px; overflow: visible; }
    .card .ends { font-size: 11px; margin-top: 3px; }
    .wide { overflow-x: auto; margin: 0 -24px; padding: 0 24px; }
    table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
    th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; vertical-align: bottom; }
    th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); }
    tr:last-child > td { border-bottom: 0; } th:last-child, td:last-child { padding-right: 0; }
    td { vertical-align: top; } .number { text-align: right; white-space: nowrap; }
    td.bar { width: 130px; padding-right: 8px; } td.bar svg { display: block; width: 120px; height: 12px; margin-top: 4px; }
    .soft { color: var(--soft); font-size: 12.5px; }
    td:first-child { min-width: 190px; } td.number:first-child { min-width: 0; }
    .down { color: var(--good); font-weight: 600; }
    .badge { display: inline-block; border-radius: 99px; padding: 0 9px; font-size: 12px; border: 1px solid var(--line);
      color: var(--soft); } .badge.changed { color: var(--after); border-color: currentColor; }
    .warnings { background: var(--warn-page); } .warnings h2 { color: var(--warn); }
    ul { margin: 0; padding-left: 20px; } dl { margin: 0; display: grid; grid-template-columns: max-content 1fr;
      gap: 5px 20px; font-size: 13.5px; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
    summary { cursor: pointer; color: var(--after); font-size: 14px; margin: 6px 0 10px; }
    footer { color: var(--soft); font-size: 13px; padding-bottom: 40px; }
    @media (max-width: 620px) { main, header, footer { padding-left: 14px; padding-right: 14px; }
      section { padding: 16px; } .wide { margin: 0 -16px; padding: 0 16px; } dl { grid-template-columns: 1fr; gap: 0; }
      dd { margin-bottom: 8px; } }
    @media print { body { background: none; } section, .tile { box-shadow: none; break-inside: avoid-page; }
      section.long { break-inside: auto; } nav { display: none; } }
    """
}
