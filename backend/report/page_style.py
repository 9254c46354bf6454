"""The report page's inline style: light, dark and printed."""

STYLE = """
:root { --paper:#fff; --ink:#1b1f24; --faint:#5c6570; --line:#dfe3e8; --panel:#f5f7f9; --blue:#0072B2; --good:#00734f;
  --warn:#8a5a00; --bad:#b34700; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --paper:#14171b; --ink:#e8ebee; --faint:#a3adb8; --line:#323a43;
  --panel:#1c2127; --blue:#6db9e8; --good:#4cc9a0; --warn:#f0b64a; --bad:#ff8f57; } }
* { box-sizing: border-box; }
body { margin:0 auto; max-width:76rem; padding:2rem 1.25rem 4rem; background:var(--paper); color:var(--ink);
  font:16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { margin:0; font-size:2rem; line-height:1.2; overflow-wrap:anywhere; }
h2 { margin:2.5rem 0 .75rem; padding-bottom:.3rem; border-bottom:1px solid var(--line); font-size:1.25rem; }
h3 { margin:1.25rem 0 .4rem; font-size:1rem; }
p { margin:.4rem 0; max-width:48rem; }
.faint { color:var(--faint); }
.verdict { display:flex; flex-wrap:wrap; gap:.75rem; margin:1.25rem 0; }
.verdict div { flex:1 1 10rem; padding:.75rem 1rem; background:var(--panel); border-radius:.5rem; }
.verdict b { display:block; font-size:1.35rem; line-height:1.25; font-variant-numeric:tabular-nums; }
.verdict span { color:var(--faint); font-size:.85rem; }
.good { color:var(--good); } .warn { color:var(--warn); } .bad { color:var(--bad); }
.picture { display:block; width:100%; height:auto; background:#fff; border:1px solid var(--line); border-radius:.4rem; }
video { display:block; width:100%; max-height:30rem; background:#000; border-radius:.4rem; }
audio { width:100%; min-width:14rem; }
.players { display:grid; grid-template-columns:repeat(auto-fit,minmax(18rem,1fr)); gap:1rem; }
.players figure { margin:0; } .players figcaption { font-size:.9rem; color:var(--faint); }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; width:100%; font-size:.9rem; font-variant-numeric:tabular-nums; }
th, td { padding:.35rem .6rem; border-bottom:1px solid var(--line); text-align:left; vertical-align:top; }
th { color:var(--faint); font-weight:600; white-space:nowrap; }
td { overflow-wrap:break-word; } td:first-child + td { white-space:nowrap; }
.n { text-align:right; white-space:nowrap; }
tr.chosen td { font-weight:600; }
details { margin:.6rem 0; } summary { cursor:pointer; color:var(--blue); }
a { color:var(--blue); } ul.files { columns:18rem; padding-left:1.1rem; }
@media print { :root { --paper:#fff; --ink:#000; --faint:#444; --line:#bbb; --panel:#f2f2f2; --blue:#004a75; }
  body { max-width:none; padding:0; font-size:10.5pt; } video, audio, .screen { display:none; }
  h2 { break-after:avoid; } tr, img { break-inside:avoid; } details > * { display:block; } }
"""
