exports.handler = () => {
  return (;
};
