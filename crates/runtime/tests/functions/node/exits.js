console.error("I cannot go on");
process.exit(4);
