mod reading;
mod table;
mod transport;
