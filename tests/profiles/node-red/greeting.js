// A kind of node of the customer's own.
module.exports = function (RED) {
  function Greeting(config) {
    RED.nodes.createNode(this, config);
    this.on('input', (message, send, done) => {
      message.payload = '您好, ' + (message.payload.name || '访客');
      send(message);
      done();
    });
  }
  RED.nodes.registerType('greeting', Greeting);
};
