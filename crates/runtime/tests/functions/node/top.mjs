await null; export const handler = async () => "top"; 
