// What `require('lunatik')` gets: the engine is loaded with `await`, which no CommonJS module can wait for.
throw new Error("lunatik is an ES module: write `await import('lunatik')`, or `import … from 'lunatik'` in a .mjs file")
