module.exports = "near";
