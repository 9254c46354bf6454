"""From a reply to a payload that fits: parsed, held against its form, asked again once, merged, recorded."""
